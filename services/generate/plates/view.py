"""Where the camera's rays meet the ground, row by row."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.geometry import SizeHW

#: Depth, in metres, of rows that see no ground.
SKY_M: Final = 1e6
#: Tangent of half the widest angle of view at which surroundings are shown; wider ones look drawn out at the sides.
WIDEST: Final = 1.0
#: From this pitch on, surroundings are seen along the camera's own rays.
STEEP_DEG: Final = 42.0


class View:
    """The camera's picture as planes see it. Depths are along the optical axis, all in metres.

    Args:
        camera: The request's.
        aperture: Radius of the blur at infinity at eye level, as a share of the picture's height.
    """

    def __init__(self, camera: Camera, aperture: float) -> None:
        self.camera = camera
        #: Of what is far behind the set; a panorama has too little detail to be shown sharper.
        self.open_aperture = aperture
        # Who photographs from above stops down, so that the whole product stays sharp on its surface.
        self.aperture = aperture * (1 - 0.6 * min(1.0, camera.pitch_deg / 45))
        height, width = camera.size_hw
        pitch = math.radians(camera.pitch_deg)
        self.across = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / np.float32(camera.focal_px)
        self.foot_x_m = (camera.foot_yx[1] - width / 2) / camera.px_per_m
        # Not the camera's foot_distance_m, which belongs to a view that is never flatter than 2 degrees.
        foot_down = (camera.foot_yx[0] - height / 2) / camera.focal_px
        foot_fall = max(foot_down * math.cos(pitch) + math.sin(pitch), math.sin(math.radians(1.0)))
        self.focus_m = camera.height_m / foot_fall
        self.foot_z_m = self.focus_m * (math.cos(pitch) - foot_down * math.sin(pitch))

    def slant(self, offset_rows: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fall and advance, (H,) each, of the rows' rays per metre of depth.

        Args:
            offset_rows: Look that many rows lower; for several samples in a row.
        """
        height = self.camera.size_hw[0]
        pitch = math.radians(self.camera.pitch_deg)
        down = (np.arange(height) + 0.5 + offset_rows - height / 2) / self.camera.focal_px
        fall = down * math.cos(pitch) + math.sin(pitch)
        return np.asarray(fall, np.float64), np.asarray(math.cos(pitch) - down * math.sin(pitch), np.float64)

    def ground(self, offset_rows: float = 0.0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Depth and Z, (H,) each, where the rows meet the ground; `SKY_M` above the horizon."""
        fall, advance = self.slant(offset_rows)
        depth = np.where(fall > 1e-5, self.camera.height_m / np.maximum(fall, 1e-5), SKY_M)
        depth = np.minimum(depth, SKY_M)
        return depth.astype(np.float32), (depth * advance).astype(np.float32)

    def wall(self, z_m: float, offset_rows: float = 0.0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Depth and Y, (H,) each, where the rows meet an upright wall that faces the camera, `z_m` ahead."""
        fall, advance = self.slant(offset_rows)
        depth = np.where(advance > 1e-5, z_m / np.maximum(advance, 1e-5), SKY_M)
        return depth.astype(np.float32), (self.camera.height_m - depth * fall).astype(np.float32)

    def blur_px(self, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Radius of the circle of confusion, in pixels, with the focus at the product's foot (thin lens)."""
        far = self.aperture * self.camera.size_hw[0]
        return np.asarray(far * np.abs(1 - self.focus_m / np.maximum(depth_m, 1e-3)), np.float32)

    def wide_rays(self, breadth: float, size_hw: SizeHW) -> NDArray[np.float32]:
        """View directions that take in `breadth` times as much of the surroundings, their horizon at the same row.

        A panorama has few pixels per degree. What is out of focus is shown smaller than it stood there, which nobody
        can tell, and gains detail. The lens is shifted rather than tilted further, so that walls lean no more than the
        camera's pitch makes them. The steeper the look, the less is widened: it would fall on the nearest floor alone.

        Returns:
            (h, w, 3) float32 unit vectors on a grid of `size_hw` over the picture.
        """
        height, width = self.camera.size_hw
        focal = self.camera.focal_px
        breadth = 1 + (breadth - 1) * max(0.0, 1 - self.camera.pitch_deg / STEEP_DEG)
        breadth = max(1.0, min(breadth, WIDEST * 2 * focal / max(height, width)))
        shift = (focal - focal / breadth) * math.tan(math.radians(min(self.camera.pitch_deg, STEEP_DEG)))
        pitch = math.radians(self.camera.pitch_deg)
        rows = (np.arange(size_hw[0], dtype=np.float32) + 0.5) * (height / size_hw[0]) - height / 2 + shift
        columns = (np.arange(size_hw[1], dtype=np.float32) + 0.5) * (width / size_hw[1]) - width / 2
        down, across = rows[:, None] * (breadth / focal), columns[None, :] * (breadth / focal)
        y = -down * math.cos(pitch) - math.sin(pitch) + 0 * across
        z = math.cos(pitch) - down * math.sin(pitch) + 0 * across
        rays = np.stack([across + 0 * y, y, z], -1)
        return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True), np.float32)
