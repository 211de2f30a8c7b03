"""A roll of seamless paper: floor, curve and wall in one piece."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.plates.lighting import Lamp
from services.generate.plates.surface import COARSE, enlarged
from services.generate.plates.view import View


@dataclass(frozen=True)
class Sweep:
    """The paper behind the product.

    Args:
        albedo: (3,) linear RGB of the paper.
        floor_m: From the foot to where the curve begins.
        curve_m: The curve's radius.
        waviness: How uneven the paper hangs, as a share of its brightness.
        drop_m: How far its floor lies below the product's foot; above 0 where the product stands on something.
    """

    albedo: NDArray[np.float32]
    floor_m: float
    curve_m: float
    waviness: float
    drop_m: float = 0.0

    def draw(self, view: View, lamp: Lamp, rng: np.random.Generator) -> NDArray[np.float32]:
        """(H, W, 3) float32 linear radiance, 1 = a white card at the foot. Everything on it is smooth, so it is drawn
        coarsely and enlarged."""
        height, width = view.camera.size_hw
        coarse = max(4, height // COARSE), max(4, width // COARSE)
        points, normals = self._profile(view, coarse)
        key = lamp.irradiance(points, normals)
        up = normals[..., 1]
        away = np.linalg.norm(points - lamp.foot, axis=-1)
        ambient = (0.78 + 0.22 * up) / (1 + (away / (2.2 * lamp.distance_m)) ** 2)
        light = key[..., None] * np.array(lamp.light.key, np.float32) + ambient[..., None] * np.array(
            lamp.light.ambient, np.float32
        )
        # The hollow of the curve lights itself: colour deepens and light gains there (one bounce).
        hollow = np.exp(-(((points[..., 2] - lamp.foot[2] - self.floor_m) / max(self.curve_m, 0.05)) ** 2))[..., None]
        light = light * (1 + 0.16 * hollow * self.albedo)
        light *= 1 + self.waviness * _drift(coarse, rng)[..., None]
        # Paper never begins to bend at once: what a sharp start of the curve would show as a line is smoothed.
        soft = cv2.GaussianBlur((light * self.albedo).astype(np.float32), (0, 0), 0.02 * coarse[0] + 0.5)
        return np.maximum(enlarged(np.asarray(soft, np.float32), (height, width)), 0)

    def _profile(self, view: View, size_hw: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Places and normals, (h, w, 3) each, where a coarse grid of rays meets the paper."""
        rays = view.camera.rays(size_hw).astype(np.float64)
        flat = rays[:, 0, :] / np.hypot(rays[:, 0, 1], rays[:, 0, 2])[:, None]  # the profile is the same for all X
        rise, ahead = flat[:, 1], flat[:, 2]
        eye_m, start_m = view.camera.height_m + self.drop_m, view.foot_z_m + self.floor_m
        reach = _floor_reach(rise, ahead, eye_m)
        on_floor = reach * ahead <= start_m
        curve = _curve_reach(rise, ahead, eye_m - self.curve_m, start_m, self.curve_m)
        wall = (start_m + self.curve_m) / np.maximum(ahead, 1e-6)
        on_wall = eye_m + wall * rise > self.curve_m
        along = np.where(on_floor, reach, np.where(on_wall, wall, curve))
        y, z = np.maximum(eye_m + along * rise, 0), along * ahead
        normal_y = np.where(on_floor, 1.0, np.where(on_wall, 0.0, (self.curve_m - y) / self.curve_m))
        normal_z = -np.sqrt(np.maximum(1 - normal_y**2, 0))
        scale = rays[..., 0] / np.hypot(rays[..., 1], rays[..., 2])
        level = (y - self.drop_m)[:, None]
        points = np.stack([scale * along[:, None], level + 0 * scale, z[:, None] + 0 * scale], -1)
        normals = np.stack([0 * scale, normal_y[:, None] + 0 * scale, normal_z[:, None] + 0 * scale], -1)
        return points.astype(np.float32), normals.astype(np.float32)


def _floor_reach(rise: NDArray[np.float64], ahead: NDArray[np.float64], eye_m: float) -> NDArray[np.float64]:
    """How far along the ray the floor is; very far for rays that don't fall."""
    return np.where(rise < -1e-6, eye_m / np.maximum(-rise, 1e-6), 1e6) + 0 * ahead


def _curve_reach(
    rise: NDArray[np.float64], ahead: NDArray[np.float64], above_m: float, start_m: float, radius_m: float
) -> NDArray[np.float64]:
    """How far along the ray the hollow of the curve is: the far crossing of a circle around (start_m, radius_m)."""
    half = rise * above_m - ahead * start_m
    root = half**2 - (above_m**2 + start_m**2 - radius_m**2)
    return np.asarray(-half + np.sqrt(np.maximum(root, 0)), np.float64)


def _drift(size_hw: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """A few slow waves over the picture, standard deviation about 1."""
    knots = rng.standard_normal((4, 4), np.float32)
    return np.asarray(cv2.resize(knots, size_hw[::-1], interpolation=cv2.INTER_CUBIC), np.float32) * np.float32(
        1 / math.sqrt(2)
    )
