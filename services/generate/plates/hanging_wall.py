"""An upright wall seen straight on, that the product hangs on."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Light
from services.generate.plates.gobo import Gobo
from services.generate.plates.lighting import Lamp
from services.generate.plates.surface import COARSE, Lay, Rows, coarse_incidence, lit, plane_skin
from services.generate.plates.texture import Texture
from services.generate.plates.view import View


@dataclass(frozen=True)
class HangingWall:
    """A wall parallel to the picture.

    Args:
        texture, lay: Its material, and how that lies.
        gobo: Between it and the key.
    """

    texture: Texture
    lay: Lay
    gobo: Gobo | None = None

    def draw(self, view: View, light: Light, distance_m: float, deadline: Deadline) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance, 1 = a white card on the wall behind the product.

        Args:
            view: Of a camera that looks straight at the wall, see `straight_on`.
            light: On the camera's side of the wall, see `Light.before_the_wall`.
            distance_m: From product to lamp.
            deadline: Looked at between steps.
        """
        height, width = view.camera.size_hw
        away_m = view.camera.focal_px / view.camera.px_per_m
        depth = np.full(height, away_m, np.float32)
        up = (np.float32(view.camera.foot_yx[0]) - np.arange(height, dtype=np.float32) - 0.5) / np.float32(
            view.camera.px_per_m
        )
        size_m = np.full(height, 1 / view.camera.px_per_m, np.float32)
        skin = plane_skin(view, [Rows(depth, up)], size_m, self.texture, self.lay)
        deadline.check()
        lamp = Lamp(light, view, distance_m)
        lamp.stand_at(np.array([view.foot_x_m, 0, away_m], np.float32), upright=True)
        rows = np.linspace(0, height - 1, max(2, height // COARSE)).round().astype(int)
        columns = np.linspace(0, width - 1, max(2, width // COARSE)).round().astype(int)
        incidence = coarse_incidence(lamp, _places(view, up, away_m, rows, columns), (0, 0, -1), (height, width))
        if self.gobo:
            every = np.arange(height), np.arange(width)
            shade = self.gobo.shade(lamp, _places(view, up, away_m, *every))
            incidence = replace(incidence, key=incidence.key * shade)
        deadline.check()
        return lit(skin, incidence, lamp, 2)


def straight_on(camera: Camera) -> Camera:
    """The same picture by a camera that looks straight at the wall: the pitch belongs to goods on a ground."""
    return replace(camera, pitch_deg=0.0)


def _places(
    view: View, up: NDArray[np.float32], away_m: float, rows: NDArray[np.int_], columns: NDArray[np.int_]
) -> NDArray[np.float32]:
    """(h, w, 3) places on the wall that some pixels show."""
    points = np.empty((len(rows), len(columns), 3), np.float32)
    points[..., 0] = view.across[columns][None, :] * np.float32(away_m)
    points[..., 1] = up[rows][:, None]
    points[..., 2] = away_m
    return points
