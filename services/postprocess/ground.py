"""The ground around the product's foot, and how the camera sees it.

Lengths are canvas pixels at the foot; the frame's origin is the foot, X points right, Z away from the camera, h up.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.geometry import Box

#: Between these the ground and upright things both have an extent in the picture.
_DEPRESSION_RANGE_DEG: Final = (2.0, 78.0)
#: The flattest look at the far end of something that lies on the ground. Towards the horizon ground runs without end.
_LEAST_LYING_DEG: Final = 15.0
#: Each step gets the point's depth right to about a tenth of what was left.
_STEPS_BEHIND: Final = 4


@dataclass(frozen=True)
class GroundView:
    """A pinhole's view of the ground plane and of upright things on it, near one foot point.

    Args:
        camera: The picture's camera.
        foot_yx: Row and column of the foot on the canvas; pixel edges are whole numbers.
    """

    camera: Camera
    foot_yx: tuple[float, float]

    @classmethod
    def onto(cls, camera: Camera, box: Box) -> Self:
        """A view of what lies on the ground and fills a box of the canvas, at the box's middle.

        A photo taken flatter than a lying product can be seen is answered with a camera that looks down more steeply,
        for which the whole box is ground.
        """
        far_deg = math.degrees(math.atan2(box.top - camera.size_hw[0] / 2, camera.focal_px))
        pitch_deg = max(camera.pitch_deg, _LEAST_LYING_DEG - far_deg)
        return cls(replace(camera, pitch_deg=pitch_deg), (box.top + box.height / 2, box.left + box.width / 2))

    @property
    def _level(self) -> Camera:
        """The same camera without roll, its foot where this view's is."""
        return replace(self.camera, foot_yx=self.foot_yx).level

    @property
    def _row(self) -> float:
        return self._level.foot_yx[0] - self._level.size_hw[0] / 2

    @property
    def _ray_deg(self) -> float:
        return math.degrees(math.atan2(self._row, self.camera.focal_px))

    @property
    def depression_deg(self) -> float:
        """How steeply the camera looks at the foot, 2 to 78 degrees."""
        low, high = _DEPRESSION_RANGE_DEG
        return min(high, max(low, self._level.depression_deg(self._level.foot_yx[0])))

    @property
    def depth_px(self) -> float:
        """Rows that one pixel of ground depth takes at the foot."""
        return math.sin(math.radians(self.depression_deg)) / math.cos(math.radians(self._ray_deg))

    @property
    def nearing(self) -> float:
        """How much larger things get per pixel of ground towards the camera, at the foot."""
        return math.cos(self._pitch) / self.camera.focal_px

    @property
    def near_limit_px(self) -> float:
        """The least Z that is safely before the camera."""
        return -0.75 * self.camera.focal_px / max(0.05, math.cos(self._pitch))

    @property
    def _pitch(self) -> float:
        return math.radians(self.depression_deg - self._ray_deg)

    def ground_to_canvas(self) -> NDArray[np.float64]:
        """(3, 3) homography from (X, Z, 1) on the ground to (column, row, 1) on the canvas."""
        return self.level_to_canvas(0.0)

    def reach_of(self, box: Box) -> NDArray[np.float64]:
        """(2, 2): least and greatest (X, Z) of the ground under a box that lies wholly below the horizon."""
        corners = np.array([[x, y] for x in (box.left, box.right) for y in (box.top, box.bottom)], np.float64)
        found = cv2.perspectiveTransform(corners[None], np.linalg.inv(self.ground_to_canvas()))[0]
        return np.stack([found.min(axis=0), found.max(axis=0)])

    def level_to_canvas(self, height: float) -> NDArray[np.float64]:
        """The same for points at that height above the ground."""
        foot, right, away, up = self._axes()
        return self._intrinsics() @ np.stack([right, away, foot + height * up], axis=1)

    def upright_to_canvas(self) -> NDArray[np.float64]:
        """(3, 3) homography from (X, h, 1) on the upright plane Z = 0 to (column, row, 1) on the canvas."""
        foot, right, _, up = self._axes()
        return self._intrinsics() @ np.stack([right, up, foot], axis=1)

    def rows_behind(
        self, columns: NDArray[np.float64], rows: NDArray[np.float64], half_width: float, depth_ratio: float
    ) -> NDArray[np.float64]:
        """How many rows above the upright plane through the foot an upper edge is seen because it lies behind it.

        The edge is taken to lie on the back of an elliptic cylinder about the foot; edges beside the cylinder lie in
        the plane.

        Args:
            columns, rows: (N,) where the edge is seen on the canvas.
            half_width: Of the cylinder, in canvas pixels at the foot.
            depth_ratio: Its depth relative to its width.
        """
        foot, (sine, cosine) = self._axes()[0], (math.sin(self._pitch), math.cos(self._pitch))
        focal = self.camera.focal_px
        points = self.camera.to_level()[:2] @ np.stack([columns, rows, np.ones(len(rows))])
        u, w = points[0] - self._level.size_hw[1] / 2, points[1] - self._level.size_hw[0] / 2
        behind = height = np.zeros(len(rows))
        steepness = np.maximum(focal * cosine - w * sine, 1e-3 * focal)
        for _ in range(_STEPS_BEHIND):
            height = (focal * (foot[1] - behind * sine) - w * (focal + behind * cosine)) / steepness
            across = u * (focal + behind * cosine - height * sine) / focal - foot[0]
            behind = depth_ratio * np.sqrt(np.maximum(half_width**2 - across**2, 0))
        in_plane = focal * (foot[1] - height * cosine) / np.maximum(focal - height * sine, 1e-3 * focal)
        return np.asarray(np.maximum(in_plane - w, 0))

    def _axes(self) -> tuple[NDArray[np.float64], ...]:
        """The foot, and steps of one pixel along X, Z and h, in the level camera's frame (right, down, forward)."""
        sine, cosine = math.sin(self._pitch), math.cos(self._pitch)
        foot = np.array([self._level.foot_yx[1] - self._level.size_hw[1] / 2, self._row, self.camera.focal_px])
        return foot, np.array([1.0, 0, 0]), np.array([0, -sine, cosine]), np.array([0, -cosine, -sine])

    def _intrinsics(self) -> NDArray[np.float64]:
        height, width = self._level.size_hw
        focal = self.camera.focal_px
        level = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
        return level if self.camera.roll_deg == 0 else np.linalg.inv(self.camera.to_level()) @ level


def grid_to_plane(origin: tuple[float, float], cell: float) -> NDArray[np.float64]:
    """(3, 3) matrix from array indices (column, row, 1), whole at cell centres, to a plane's coordinates.

    Args:
        origin: Coordinates of the outer corner of cell (0, 0).
        cell: Size of a cell.
    """
    return np.array([[cell, 0, origin[0] + cell / 2], [0, cell, origin[1] + cell / 2], [0, 0, 1.0]])


def array_to_canvas(shape: tuple[int, ...], box: Box) -> NDArray[np.float64]:
    """(3, 3) matrix from indices (column, row, 1) of an array that covers `box` to canvas coordinates."""
    y, x = box.height / shape[0], box.width / shape[1]
    return np.array([[x, 0, box.left + x / 2], [0, y, box.top + y / 2], [0, 0, 1.0]])
