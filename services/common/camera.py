"""The camera that a plate is drawn for, and that shadows are cast in.

World frame: X to the right, Y up, Z away from the camera along the ground, in metres; the ground is Y = 0 and the
camera stands at (0, height_m, 0), looking down by the pitch. Seen by a pinhole without roll a ground point's depth
depends on its image row alone; a rolled one sees the picture of its `level` camera, turned about the middle.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW

#: Of the frame, 36 x 24 mm, that focal lengths are told for whatever camera took the photo.
FULL_FRAME_MM: Final = math.hypot(36, 24)
#: Those that lenses have, and that plates can be drawn for.
FOCAL_RANGE_MM: Final = (10.0, 600.0)
#: More than this nobody rolls a camera by mistake.
MOST_ROLL_DEG: Final = 30.0


@dataclass(frozen=True)
class Camera:
    """A pinhole camera placed so that the product's foot has the wanted scale.

    Args:
        size_hw: The picture's size in pixels.
        pitch_deg: How far it looks down; 0 = eye level, 90 = from straight above.
        vertical_fov_deg: Opening angle from the top to the bottom of the picture.
        foot_yx: Where the middle of the product's foot stands, in pixels.
        px_per_m: Picture pixels per metre, for a ruler at the foot that faces the camera.
        roll_deg: How far it is turned clockwise, as seen from behind it: the right end of the horizon rises.
    """

    size_hw: SizeHW
    pitch_deg: float
    vertical_fov_deg: float
    foot_yx: tuple[float, float]
    px_per_m: float
    roll_deg: float = 0.0

    @property
    def level(self) -> "Camera":
        """The same camera without roll, its picture just large enough to be turned into this one's."""
        if self.roll_deg == 0:
            return self
        height, width = self._level_hw
        fov = 2 * math.degrees(math.atan2(height / 2, self.focal_px))
        foot_x, foot_y, _ = self.to_level() @ (self.foot_yx[1], self.foot_yx[0], 1.0)
        foot_yx = float(foot_y), float(foot_x)
        return replace(self, size_hw=(height, width), vertical_fov_deg=fov, foot_yx=foot_yx, roll_deg=0.0)

    @property
    def _level_hw(self) -> SizeHW:
        sine, cosine = abs(math.sin(math.radians(self.roll_deg))), abs(math.cos(math.radians(self.roll_deg)))
        height, width = self.size_hw
        return math.ceil(height * cosine + width * sine), math.ceil(width * cosine + height * sine)

    def to_level(self) -> NDArray[np.float64]:
        """(3, 3) matrix from (column, row, 1) of this picture to that of `level`; pixel edges are whole numbers."""
        (height, width), (level_height, level_width) = self.size_hw, self._level_hw
        sine, cosine = math.sin(math.radians(self.roll_deg)), math.cos(math.radians(self.roll_deg))
        x = level_width / 2 - cosine * width / 2 + sine * height / 2
        y = level_height / 2 - sine * width / 2 - cosine * height / 2
        return np.array([[cosine, -sine, x], [sine, cosine, y], [0, 0, 1.0]])

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.size_hw[0] / math.tan(math.radians(self.vertical_fov_deg) / 2)

    def depression_deg(self, row: float) -> float:
        """Angle below the horizon of a level camera's ray through the middle column at `row`, in degrees."""
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
        """The row where a level camera's ground ends; may lie outside the picture."""
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
        column = ((np.arange(width, dtype=np.float32) + 0.5) * step - self.size_hw[1] / 2)[None, :]
        row = ((np.arange(height, dtype=np.float32) + 0.5) * step - self.size_hw[0] / 2)[:, None]
        pitch, roll = math.radians(self.pitch_deg), math.radians(self.roll_deg)
        x = column * math.cos(roll) - row * math.sin(roll)
        down = column * math.sin(roll) + row * math.cos(roll)
        y = -down * math.cos(pitch) - self.focal_px * math.sin(pitch)
        z = self.focal_px * math.cos(pitch) - down * math.sin(pitch)
        norm = np.sqrt(x * x + y * y + z * z)
        return np.stack([x / norm, y / norm, z / norm], axis=-1).astype(np.float32)
