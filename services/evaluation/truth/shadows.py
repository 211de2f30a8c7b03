"""Exact shadows of simple bodies, by tracing rays from each ground point to many points of the light.

Knows nothing of how the product's code draws shadows; shares only the camera and the light's definition.
"""

import math
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.geometry import SizeHW
from services.common.light import Light

Points = NDArray[np.float64]
#: From points and unit directions, both (N, 3) in the camera's world frame in metres, to (N,) bool: the ray is blocked.
Blocks = Callable[[Points, Points], NDArray[np.bool_]]

#: The coarse look: pixels of the picture per point, each way, and rays a point.
_COARSE: Final = 4
_FIRST_LOOK: Final = 60


def light_directions(light: Light, count: int, seed: int = 0) -> Points:
    """(count, 3) unit vectors towards random points of the light's disc, uniform in area."""
    rng = np.random.default_rng(seed)
    azimuth, elevation = math.radians(light.azimuth_deg), math.radians(light.elevation_deg)
    toward = np.array(
        [math.sin(azimuth) * math.cos(elevation), math.sin(elevation), math.cos(azimuth) * math.cos(elevation)]
    )
    side = np.cross(toward, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    top = np.cross(side, toward)
    radius = math.tan(math.radians(light.radius_deg)) * np.sqrt(rng.random(count))
    turn = rng.random(count) * 2 * math.pi
    rays = toward + radius[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * top)
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))


def ground_points(camera: Camera, size_hw: SizeHW | None = None) -> tuple[Points, NDArray[np.bool_]]:
    """Where each pixel's ray meets the ground: (H, W, 3), and where it does at all: (H, W) bool.

    Args:
        camera: The picture's camera.
        size_hw: Of a coarser grid over the same picture; the picture's own when absent.
    """
    rays = camera.rays(size_hw).astype(np.float64)
    hits = rays[..., 1] < -1e-4
    along = camera.height_m / np.maximum(-rays[..., 1], 1e-4)
    return np.array([0, camera.height_m, 0]) + along[..., None] * rays, hits


def true_occlusion(
    camera: Camera, light: Light, blocks: Blocks, count: int = 600, size_hw: SizeHW | None = None
) -> NDArray[np.float64]:
    """Share of the light that is hidden from the ground at each pixel, by `count` rays a pixel.

    Args:
        camera: The picture's camera.
        light: The key.
        blocks: The body.
        count: Rays a pixel.
        size_hw: Of a coarser grid over the same picture; the picture's own when absent.
    """
    points, hits = ground_points(camera, size_hw)
    occlusion = np.zeros(hits.shape)
    occlusion[hits] = _hidden(points[hits], light, blocks, count)
    return occlusion


def focused_occlusion(camera: Camera, light: Light, blocks: Blocks, count: int = 600) -> NDArray[np.float64]:
    """The same, traced only where a coarse look with fewer rays saw any shadow, or near to it."""
    height, width = camera.size_hw
    coarse = true_occlusion(camera, light, blocks, _FIRST_LOOK, (height // _COARSE, width // _COARSE))
    near = cv2.dilate((coarse > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    points, hits = ground_points(camera)
    hits &= cv2.resize(near, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    occlusion = np.zeros(hits.shape)
    occlusion[hits] = _hidden(points[hits], light, blocks, count)
    return occlusion


def _hidden(points: Points, light: Light, blocks: Blocks, count: int) -> NDArray[np.float64]:
    hidden, total = np.zeros(len(points)), 0.0
    for direction in light_directions(light, count):
        weight = max(direction[1], 0.0)
        hidden += weight * blocks(points, np.broadcast_to(direction, points.shape))
        total += weight
    return hidden / total


def upright_board(camera: Camera, alpha: NDArray[np.bool_], distance_m: float) -> Blocks:
    """A flat board at that distance whose picture, seen by the camera, is `alpha` (H, W)."""
    height, width = camera.size_hw
    pitch = math.radians(camera.pitch_deg)

    def blocks(points: Points, directions: Points) -> NDArray[np.bool_]:
        # A ray inside the board's plane never meets it.
        depth = np.where(np.abs(directions[:, 2]) < 1e-9, np.inf, directions[:, 2])
        along = (distance_m - points[:, 2]) / depth
        hit = points + np.where(np.isfinite(along), along, 0)[:, None] * directions
        x, y, z = hit[:, 0], hit[:, 1] - camera.height_m, hit[:, 2]
        forward = z * math.cos(pitch) - y * math.sin(pitch)
        down = -y * math.cos(pitch) - z * math.sin(pitch)
        column = np.floor(width / 2 + camera.focal_px * x / forward).astype(int)
        row = np.floor(height / 2 + camera.focal_px * down / forward).astype(int)
        inside = (along > 1e-9) & (hit[:, 1] >= 0) & (row >= 0) & (row < height) & (column >= 0) & (column < width)
        result = np.zeros(len(points), bool)
        result[inside] = alpha[row[inside], column[inside]]
        return result

    return blocks


def upright_cylinder(center_xz: tuple[float, float], radius_m: float, height_m: float) -> Blocks:
    """A closed cylinder that stands on the ground."""

    def blocks(points: Points, directions: Points) -> NDArray[np.bool_]:
        offset, level = points[:, [0, 2]] - center_xz, directions[:, [0, 2]]
        a = np.maximum((level**2).sum(axis=1), 1e-12)
        b = (offset * level).sum(axis=1)
        root = b * b - a * ((offset**2).sum(axis=1) - radius_m**2)
        half = np.sqrt(np.maximum(root, 0))
        rise = np.where(np.abs(directions[:, 1]) < 1e-9, 1e-9, directions[:, 1])
        floor, ceiling = -points[:, 1] / rise, (height_m - points[:, 1]) / rise
        enters = np.maximum(np.maximum((-b - half) / a, np.minimum(floor, ceiling)), 0)
        leaves = np.minimum((-b + half) / a, np.maximum(floor, ceiling))
        return np.asarray((root > 0) & (enters < leaves))

    return blocks


def seen_by(camera: Camera, blocks: Blocks) -> NDArray[np.bool_]:
    """Where the camera sees a body, (H, W)."""
    rays = camera.rays().astype(np.float64).reshape(-1, 3)
    eye = np.broadcast_to(np.array([0, camera.height_m, 0.0]), rays.shape)
    return blocks(eye, rays).reshape(camera.size_hw)
