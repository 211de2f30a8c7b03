"""A level surface that fills the picture, lit from one side: the set of a flat lay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.generate.plates.bokeh import blur_rows
from services.generate.plates.lighting import Lamp
from services.generate.plates.surface import Band, Lay, coarse_ground, coarse_incidence, ground_skin, lit
from services.generate.plates.texture import Texture
from services.generate.plates.view import View


@dataclass(frozen=True)
class Flat:
    """Ground without an edge. Its texture, and how that lies."""

    texture: Texture
    lay: Lay

    def draw(self, view: View, lamp: Lamp, deadline: Deadline) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance, 1 = a white card at the foot."""
        height, width = view.camera.size_hw
        band = Band(0, height)
        skin = ground_skin(view, band, self.texture, self.lay)
        deadline.check()
        incidence = coarse_incidence(lamp, coarse_ground(view, band), (0, 1, 0), (height, width))
        radiance = lit(skin, incidence, lamp, 1)
        deadline.check()
        depth, _ = view.ground()
        return blur_rows(radiance, view.blur_px(depth))
