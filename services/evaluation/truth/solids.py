"""Simple goods as exact solids, which rays meet: surfaces of revolution and boxes, standing on the ground.

World frame: X to the right, Y up, Z away from the camera, in metres; the ground is Y = 0 and the solid stands on the
origin.
"""

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
#: Nearer than this along a ray is where it starts.
_HERE: Final = 1e-6
_LEVEL: Final = 1e-9


@dataclass(frozen=True)
class Hits:
    """Where rays first meet a solid.

    Args:
        along: (N,) distance in ray lengths; infinite where a ray passes by.
        normal: (N, 3) unit vectors against the ray; nothing where it passes by.
        across, up: (N,) where on the surface, 0 to 1 each: what a texture is laid on by.
    """

    along: Points
    normal: Points
    across: Points
    up: Points

    @property
    def met(self) -> NDArray[np.bool_]:
        """(N,) which rays meet it at all."""
        return np.isfinite(self.along)


class Solid(Protocol):
    """Something that rays can meet."""

    @property
    def extent(self) -> tuple[float, float]:
        """Radius about the upright axis through the origin, and height, in metres."""
        ...

    def hits(self, eyes: Points, rays: Points) -> Hits:
        """Where rays from (N, 3) or (1, 3) points along (N, 3) directions meet it."""
        ...


@dataclass(frozen=True)
class Turned:
    """What a lathe makes: a line of (radius, height) corners turned about the upright axis.

    Args:
        profile: From the axis below, up the outside, and back to the axis above or down the inside of a hollow.
    """

    profile: tuple[tuple[float, float], ...]

    @property
    def extent(self) -> tuple[float, float]:
        """See `Solid`."""
        return max(radius for radius, _ in self.profile), max(height for _, height in self.profile)

    def hits(self, eyes: Points, rays: Points) -> Hits:
        """See `Solid`: the nearest of all cones and discs between two corners."""
        nearest = np.full(len(rays), np.inf)
        normal = np.zeros((len(rays), 3))
        for low, high in zip(self.profile, self.profile[1:], strict=False):
            along, slope = _cone(eyes, rays, low, high)
            nearer = along < nearest
            nearest = np.where(nearer, along, nearest)
            turned = eyes + np.where(nearer, along, 0.0)[:, None] * rays
            turned[:, 1] = -slope * np.hypot(turned[:, 0], turned[:, 2])
            if math.isinf(slope):
                turned[:] = (0, 1, 0)
            normal[nearer] = turned[nearer]
        met = np.isfinite(nearest)
        points = eyes + np.where(met, nearest, 0.0)[:, None] * rays
        around = np.arctan2(points[:, 0], -points[:, 2]) / (2 * math.pi) + 0.5
        return Hits(nearest, _against(normal, rays), around, np.clip(points[:, 1] / self.extent[1], 0, 1))


def _cone(eyes: Points, rays: Points, low: tuple[float, float], high: tuple[float, float]) -> tuple[Points, float]:
    """Distances (N,) to the band between two corners, infinite beside it, and its radius' growth per metre up."""
    (radius, base), (other, top) = low, high
    if abs(top - base) < _LEVEL:
        along = (base - eyes[:, 1]) / np.where(np.abs(rays[:, 1]) < _LEVEL, _LEVEL, rays[:, 1])
        away = np.hypot(eyes[:, 0] + along * rays[:, 0], eyes[:, 2] + along * rays[:, 2])
        inside = (along > _HERE) & (away >= min(radius, other)) & (away <= max(radius, other))
        return np.where(inside, along, np.inf), math.inf
    slope = (other - radius) / (top - base)
    at_eye = radius + slope * (eyes[:, 1] - base)
    a = rays[:, 0] ** 2 + rays[:, 2] ** 2 - (slope * rays[:, 1]) ** 2
    b = eyes[:, 0] * rays[:, 0] + eyes[:, 2] * rays[:, 2] - slope * rays[:, 1] * at_eye
    c = eyes[:, 0] ** 2 + eyes[:, 2] ** 2 - at_eye**2
    a = np.where(np.abs(a) < _LEVEL, _LEVEL, a)
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    found = np.full(len(rays), np.inf)
    for along in ((-b - root) / a, (-b + root) / a):
        height = eyes[:, 1] + along * rays[:, 1]
        inside = (b * b >= a * c) & (along > _HERE) & (height >= min(base, top)) & (height <= max(base, top))
        found = np.where(inside, np.minimum(found, along), found)
    return found, slope


@dataclass(frozen=True)
class Crate:
    """A box.

    Args:
        width, height, depth: In metres.
        yaw_deg: How far it is turned about its upright axis.
    """

    width: float
    height: float
    depth: float
    yaw_deg: float

    @property
    def extent(self) -> tuple[float, float]:
        """See `Solid`."""
        return math.hypot(self.width, self.depth) / 2, self.height

    def hits(self, eyes: Points, rays: Points) -> Hits:
        """See `Solid`: the last of the three slabs that a ray enters before it leaves one."""
        own_eyes, own_rays = self._turned(eyes, 1), self._turned(rays, 1)
        low = np.array([-self.width / 2, 0.0, -self.depth / 2])
        size = np.array([self.width, self.height, self.depth])
        steps = np.where(np.abs(own_rays) < _LEVEL, _LEVEL, own_rays)
        ends = np.stack([(low - own_eyes) / steps, (low + size - own_eyes) / steps])
        enters, leaves = ends.min(axis=0), ends.max(axis=0)
        along = enters.max(axis=1)
        met = (along > _HERE) & (along < leaves.min(axis=1))
        face = enters.argmax(axis=1)
        place = (own_eyes + np.where(met, along, 0.0)[:, None] * own_rays - low) / size
        normal = np.zeros_like(own_rays)
        normal[np.arange(len(face)), face] = 1
        across = np.where(face == 0, place[:, 2], place[:, 0])
        up = np.where(face == 1, place[:, 2], place[:, 1])
        # Every face has a part of the texture to itself.
        across, up = (np.clip(across, 0, 1) + face) / 3, np.clip(up, 0, 1)
        return Hits(np.where(met, along, np.inf), _against(self._turned(normal, -1), rays), across, up)

    def _turned(self, vectors: Points, way: int) -> Points:
        sine, cosine = math.sin(way * math.radians(self.yaw_deg)), math.cos(way * math.radians(self.yaw_deg))
        x, y, z = vectors.T
        return np.stack([cosine * x - sine * z, y, sine * x + cosine * z], axis=1)


def _against(normal: Points, rays: Points) -> Points:
    """Unit normals on the side that the rays come from."""
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), _LEVEL)
    return np.asarray(np.where((unit * rays).sum(axis=1, keepdims=True) > 0, -unit, unit))
