"""The environment as a plate shows it: out of focus behind the set, and mirrored in the set's surface."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.light import Finish
from services.generate.environment import Environment
from services.generate.plates.bokeh import MAX_KERNEL_PX, blur_disc
from services.generate.plates.surface import COARSE, enlarged
from services.generate.plates.view import View

#: Brighter than this, in whites, a light is cut: a sun's disc would else veil half the picture.
BRIGHTEST: Final = 24.0
#: How much brighter the border of a bokeh disc is than its middle.
RIM: Final = 0.25


@dataclass(frozen=True)
class Surroundings:
    """An environment, turned and exposed.

    Args:
        environment: Radiance, 1 = a white card on the ground.
        yaw_deg: The panorama's azimuth behind the product.
        breadth: See `View.wide_rays`.
        gain: (3,) factor on its radiance, the photographer's white balance and the exposure of the background.
    """

    environment: Environment
    yaw_deg: float
    breadth: float
    gain: NDArray[np.float32]

    def behind(self, view: View) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance of the whole view, at infinity and so out of focus.

        It is drawn at the resolution at which the disc is as large as the blur takes at once; nothing finer survives.
        """
        height, width = view.camera.size_hw
        radius_px = view.open_aperture * height
        share = min(1.0, (MAX_KERNEL_PX + 1.5) / max(radius_px, 1e-3))
        size = max(2, round(height * share)), max(2, round(width * share))
        seen = self.environment.look(view.wide_rays(self.breadth, size), self.yaw_deg) * self.gain
        seen = blur_disc(np.minimum(seen, BRIGHTEST), min(radius_px * size[0] / height, MAX_KERNEL_PX), RIM)
        return np.maximum(enlarged(seen, (height, width)), 0)

    def mirrored(self, view: View, finish: Finish) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What a level surface mirrors, on a grid that is `COARSE` times coarser than the picture.

        Returns:
            (h, w, 3) float32 linear radiance, and (h, w) float32 share of it that shows (Fresnel).
        """
        height, width = view.camera.size_hw
        size = max(2, height // COARSE), max(2, width // COARSE)
        rays = view.wide_rays(self.breadth, size)
        seen = self.environment.mirror(rays, self.yaw_deg, 2 + 45 * finish.roughness**1.5)
        seen = np.minimum(seen * self.gain, BRIGHTEST)
        # A rough surface seen at a flat angle draws its mirror image out towards the camera.
        reach = 0.12 * finish.roughness * size[0]
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), max(0.3, reach / 4), sigmaY=max(0.5, reach)), np.float32)
        cosine = np.clip(-view.camera.rays(size)[..., 1], 0, 1)
        # Schlick 1994; roughness dims the grazing end (Lagarde's form for prefiltered environments).
        grazing = max(1 - finish.roughness, finish.gloss)
        fresnel = finish.gloss + (grazing - finish.gloss) * (1 - cosine) ** 5
        return seen, fresnel.astype(np.float32)
