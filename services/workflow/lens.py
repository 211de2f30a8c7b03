"""How a camera sees level circles and parallel edges: the model that a photo's perspective is read with.

Image points are (x, y) from the photo's middle, x to the right and y down, in photo diagonals. Camera frame: right,
down, forward.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Lens:
    """A pinhole whose axis goes through the photo's middle.

    Args:
        pitch: How far it looks down, in radians.
        roll: How far it is turned clockwise as seen from behind, in radians.
        focal: Its focal length, in photo diagonals.
    """

    pitch: float
    roll: float
    focal: float

    @property
    def up(self) -> Points:
        """(3,) the world's upward direction in the camera's frame."""
        cosine = math.cos(self.pitch)
        return np.array([-math.sin(self.roll) * cosine, -math.cos(self.roll) * cosine, -math.sin(self.pitch)])

    def frame(self, yaw: float) -> Points:
        """(3, 3) upright, and the two level directions of a box that is turned by `yaw`, in the camera's frame."""
        right = np.array([math.cos(self.roll), -math.sin(self.roll), 0.0])
        ahead = np.cross(self.up, right)
        return np.stack(
            [self.up, math.cos(yaw) * right + math.sin(yaw) * ahead, math.cos(yaw) * ahead - math.sin(yaw) * right]
        )

    def toward(self, points: Points, directions: Points) -> Points:
        """(D, N, 2) unit image directions from (N, 2) points to the vanishing points of (D, 3) directions."""
        way = self.focal * directions[:, None, :2] - directions[:, None, 2:] * points
        return np.asarray(way / np.maximum(np.linalg.norm(way, axis=2, keepdims=True), 1e-12))

    def flatness(self, centre: Points, half_width: float, axis: Points) -> float:
        """Extent along `axis` over extent across of the ellipse that a level circle is seen as, below 0 from below.

        A circle about C with normal n and radius r has the dual conic r^2 (I - n n') - C C' (Hartley and Zisserman,
        Multiple View Geometry, 2.2.3 and 8.3), from which centre and extents follow without solving for its points.

        Args:
            centre: (2,) of the ellipse.
            half_width: Its extent across.
            axis: (2,) unit vector in the image.
        """
        up, scale = self.up, np.array([self.focal, self.focal, 1.0])
        seen = centre.copy()
        spread = np.eye(2)
        # The ellipse's centre lies a little off that of the circle, by an offset that changes little.
        for _ in range(2):
            middle = np.array([seen[0] / self.focal, seen[1] / self.focal, 1.0])
            dual = (half_width / self.focal) ** 2 * (np.eye(3) - np.outer(up, up)) - np.outer(middle, middle)
            dual *= np.outer(scale, scale) / -dual[2, 2]
            found = -dual[:2, 2]
            spread = dual[:2, :2] + np.outer(found, found)
            seen += centre - found
        across = np.array([-axis[1], axis[0]])
        flatness = math.sqrt(max(float(axis @ spread @ axis), 0) / max(float(across @ spread @ across), 1e-12))
        return -flatness if up @ (seen[0], seen[1], self.focal) > 0 else flatness
