"""An area light as a bundle of directions, and how far along the ground each throws a shadow."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.light import Light

DIRECTIONS: Final = 64
#: Lower light would draw the shadow out to the horizon.
_LEAST_ELEVATION_DEG: Final = 8.0


def light_offsets(light: Light, count: int = DIRECTIONS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ground offsets (X, Z) of the shadow of a point at height 1, for directions spread over the light's disc.

    Each direction counts by the light that it brings to level ground (Lambert).

    Returns:
        (count, 2) float64 offsets and (count,) float64 weights that add up to 1.
    """
    rays = light_rays(light, count)
    height = np.maximum(rays[:, 1], math.sin(math.radians(_LEAST_ELEVATION_DEG)))
    return -rays[:, [0, 2]] / height[:, None], height / height.sum()


def light_rays(light: Light, count: int = DIRECTIONS) -> NDArray[np.float64]:
    """(count, 3) unit vectors towards the light, spread over its disc by the golden angle (Vogel's spiral)."""
    azimuth = math.radians(light.azimuth_deg)
    elevation = math.radians(max(light.elevation_deg, _LEAST_ELEVATION_DEG))
    toward = np.array(
        [math.sin(azimuth) * math.cos(elevation), math.sin(elevation), math.cos(azimuth) * math.cos(elevation)]
    )
    across = np.array([math.cos(azimuth), 0.0, -math.sin(azimuth)])
    up = np.cross(toward, across)
    index = np.arange(count)
    radius = math.tan(math.radians(light.radius_deg)) * np.sqrt((index + 0.5) / count)
    turn = index * math.pi * (3 - math.sqrt(5))
    rays = toward + radius[:, None] * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * up)
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.float64)


def mean_spacing(offsets: NDArray[np.float64]) -> float:
    """How far apart the shadows of neighbouring directions lie, per height."""
    spread = np.sqrt(np.maximum(np.linalg.det(np.cov(offsets.T)), 0))
    return float(np.sqrt(4 * math.pi * spread / len(offsets)))
