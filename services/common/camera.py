"""The camera that a plate is drawn for, and that shadows are cast in.

World frame: X to the right, Y up, Z away from the camera along the ground, in metres; the ground is Y = 0 and the
camera stands at (0, height_m, 0), looking down by the pitch. A pinhole without roll, so a ground point's depth depends
on its image row alone.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW


@dataclass(frozen=True)
class Camera:
    """A pinhole camera placed so that the product's foot has the wanted scale.

    Args:
        size_hw: The picture's size in pixels.
        pitch_deg: How far it looks down; 0 = eye level, 90 = from straight above.
        vertical_fov_deg: Opening angle from the top to the bottom of the picture.
        foot_yx: Where the middle of the product's foot stands, in pixels.
        px_per_m: Picture pixels per metre, for a ruler at the foot that faces the camera.
    """

    size_hw: SizeHW
    pitch_deg: float
    vertical_fov_deg: float
    foot_yx: tuple[float, float]
    px_per_m: float

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.size_hw[0] / math.tan(math.radians(self.vertical_fov_deg) / 2)

    def depression_deg(self, row: float) -> float:
        """Angle below the horizon of the ray through the middle column at `row`, in degrees."""
        return self.pitch_deg + math.degrees(math.atan2(row - self.size_hw[0] / 2, self.focal_px))

    @property
    def foot_depression_deg(self) -> float:
        """How steeply the camera sees the ground at the foot. At least 2 degrees: flatter, and there is no ground."""
        return max(2.0, self.depression_deg(self.foot_yx[0]))

    @property
    def foot_distance_m(self) -> float:
        """From the camera to the product's foot, along the optical axis."""
        return self.focal_px / self.px_per_m

    @property
    def height_m(self) -> float:
        """Of the camera above the ground."""
        axial_per_ray = math.cos(math.radians(self.foot_depression_deg - self.pitch_deg))
        return self.foot_distance_m / axial_per_ray * math.sin(math.radians(self.foot_depression_deg))

    @property
    def horizon_row(self) -> float:
        """The row where the ground ends; may lie outside the picture."""
        return self.size_hw[0] / 2 - self.focal_px * math.tan(math.radians(self.pitch_deg))

    def rays(self, size_hw: SizeHW | None = None) -> NDArray[np.float32]:
        """View directions of all pixels.

        Args:
            size_hw: Evaluate on a grid of this size over the same view; the picture's own when absent.

        Returns:
            (H, W, 3) float32 unit vectors (X, Y, Z) in the world frame.
        """
        height, width = size_hw or self.size_hw
        step = self.size_hw[0] / height
        across = (np.arange(width, dtype=np.float32) + 0.5) * step - self.size_hw[1] / 2
        down = (np.arange(height, dtype=np.float32) + 0.5) * step - self.size_hw[0] / 2
        pitch = math.radians(self.pitch_deg)
        x = np.broadcast_to(across[None, :], (height, width))
        y = (-down * math.cos(pitch) - self.focal_px * math.sin(pitch))[:, None]
        z = (self.focal_px * math.cos(pitch) - down * math.sin(pitch))[:, None]
        norm = np.sqrt(x * x + y * y + z * z)
        return np.stack([x / norm, y / norm, z / norm], axis=-1).astype(np.float32)
