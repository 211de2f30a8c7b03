"""Drawn products: turned bodies, cartons and soft shapes with shading and print, to stand in for goods.

Only their outline, colours and footing matter: what is learned is the picture around them.
"""

import colorsys
import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box, SizeHW
from services.common.pose import Pose
from services.common.srgb import to_bytes
from services.postprocess.product import Product

#: Subpixels a side in each pixel of an outline.
_SAMPLES: Final = 4
_KINDS: Final = {
    Pose.STANDING: ("round", "round", "box", "soft"),
    Pose.LYING: ("flat", "flat", "box", "soft"),
    Pose.HANGING: ("garment",),
}


@dataclass(frozen=True, eq=False)
class DrawnProduct:
    """A product on its own crop.

    Args:
        kind: Key of `vocabulary.PRODUCTS`.
        color: (H, W, 3) uint8 sRGB, straight, defined everywhere.
        coverage: (H, W) float32, 0 to 1.
        foot_px: From its lowest row up to the middle of its foot.
    """

    kind: str
    color: NDArray[np.uint8]
    coverage: NDArray[np.float32]
    foot_px: float

    def placed(self, top: int, left: int, canvas_hw: SizeHW) -> Product:
        """As it lies on a canvas, which it has to touch; what is outside is cut off."""
        height, width = self.coverage.shape
        box = Box(top, left, height, width).clipped(canvas_hw)
        shown = box.within(Box(top, left, height, width)).slices()
        alpha = np.round(self.coverage[shown] * OPAQUE).astype(np.uint16)
        return Product(box, alpha, self.color[shown], alpha == OPAQUE, "none")


class ProductArtist:
    """Draws products.

    Args:
        rng: Decides everything.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def draw(self, pose: Pose, size_px: int, depression_deg: float, light_deg: float) -> DrawnProduct:
        """Any product.

        Args:
            pose: What it does.
            size_px: Its longer side.
            depression_deg: How steeply the camera sees its foot; round and cornered bodies show their footing by it.
            light_deg: Azimuth of the key, see `services.common.light`.
        """
        kinds = _KINDS[pose]
        kind = kinds[int(self._rng.integers(len(kinds)))]
        tilt = math.sin(math.radians(min(depression_deg, 50.0))) if pose is Pose.STANDING else 0.0
        if kind == "round":
            outline, normal_x, foot = self._turned(size_px, tilt)
        elif kind == "box":
            outline, normal_x, foot = self._carton(size_px, tilt)
        else:
            outline, normal_x, foot = self._soft(size_px, kind)
        return DrawnProduct(kind, self._painted(normal_x, light_deg), _coverage(outline), foot)

    def _turned(self, size_px: int, tilt: float) -> tuple[NDArray[np.bool_], NDArray[np.float32], float]:
        """A lathe's body: radii along its height, ellipses at both ends."""
        aspect = self._between(0.28, 0.95)
        height, half = size_px, size_px * aspect / 2
        knots = np.concatenate([self._rng.uniform(0.35, 1.0, 5), [self._between(0.6, 1.0)]])
        if self._rng.random() < 0.4:
            knots[1:] = self._between(0.8, 1.0)  # a straight bottle or cup
        knots /= knots.max()
        end = half * knots[-1] * tilt
        y, x = _grid(height, 2 * math.ceil(half) + 2)
        x = x - (math.ceil(half) + 1)
        along = np.clip((y - half * knots[0] * tilt) / max(1.0, height - end - half * knots[0] * tilt), 0, 1)
        smooth = cv2.GaussianBlur(np.interp(np.linspace(0, 1, 128), np.linspace(0, 1, 6), knots)[None], (0, 0), 5)[0]
        radius = np.interp(along, np.linspace(0, 1, 128), smooth) * half
        body = (np.abs(x) <= radius) & (y >= half * knots[0] * tilt) & (y <= height - end)
        for middle, across in ((half * knots[0] * tilt, half * smooth[0]), (height - end, half * smooth[-1])):
            body |= (x / across) ** 2 + ((y - middle) / max(across * tilt, 0.5)) ** 2 <= 1
        return body, _reduced(np.clip(x / np.maximum(radius, 1), -1, 1)), end

    def _carton(self, size_px: int, tilt: float) -> tuple[NDArray[np.bool_], NDArray[np.float32], float]:
        """Two upright faces, and the top where the camera looks down on it."""
        height = size_px * self._between(0.7, 0.95)
        width, edge = size_px * self._between(0.4, 0.9), self._between(0.25, 0.75)
        rise = 0.35 * width * tilt
        left, right = rise * (1 - edge) * 1.4, rise * edge * 1.4
        corner = width * edge
        points = [
            (0, max(left, right)), (corner, 0), (width, max(left, right) - 0.3 * right), (width, height - right),
            (corner, height), (0, height - left),
        ]  # fmt: skip
        y, x = _grid(math.ceil(height) + 1, math.ceil(width) + 1)
        outline = np.zeros(x.shape, np.uint8)
        cv2.fillPoly(outline, [np.round(np.array(points) * _SAMPLES).astype(np.int32)], 1)
        side = np.where(x < corner, -0.6, 0.7) * (y > max(left, right) * 0.8)
        return outline.astype(np.bool_), _reduced(side), max(left, right) / 2

    def _soft(self, size_px: int, kind: str) -> tuple[NDArray[np.bool_], NDArray[np.float32], float]:
        """A smooth closed outline; a soft thing that stands has a flat bottom, a garment has sleeves."""
        aspect = self._between(0.55, 1.0)
        width, height = (size_px, round(size_px * aspect)) if kind != "garment" else (round(size_px * 0.8), size_px)
        y, x = _grid(height, width)
        across, down = 2 * x / width - 1, 2 * y / height - 1
        turn = np.arctan2(down, across)
        angles = np.linspace(-np.pi, np.pi, 257)
        around = 1 + sum(
            self._between(-0.1, 0.1) / order * np.cos(order * angles + self._between(0, 6.3)) for order in range(1, 6)
        )
        waves = np.interp(turn, angles, around)
        power = self._between(2, 4.5)
        reach = (np.abs(across) ** power + np.abs(down) ** power) ** (1 / power)
        outline = reach <= 0.88 * waves
        if kind == "soft":
            outline &= down <= self._between(0.7, 0.85)
        if kind == "garment":
            waist, shoulder = self._between(0.4, 0.6), self._between(-0.85, -0.7)
            trunk = (np.abs(across) <= waist + 0.12 * down) & (down > shoulder) & (down < 0.95)
            sleeve = (np.abs(np.abs(across) - 0.62) < 0.2 + 0.1 * down) & (down > shoulder + 0.05) & (down < 0.45)
            outline = trunk | sleeve
        rows = np.flatnonzero(outline.any(axis=1))
        outline = outline[: (int(rows[-1]) // _SAMPLES + 1) * _SAMPLES]
        return outline, _reduced(np.clip(across[: len(outline)], -1, 1) * 0.9), 2.0

    def _painted(self, normal_x: NDArray[np.float32], light_deg: float) -> NDArray[np.uint8]:
        """Body colour with print, lit from one side: Lambert and one highlight."""
        height, width = normal_x.shape
        base = np.broadcast_to(self._colour(), (height, width, 3)).astype(np.float32).copy()
        for _ in range(int(self._rng.integers(0, 4))):
            top, left = int(self._rng.integers(0, height)), int(self._rng.integers(0, max(1, width // 2)))
            bottom, right = top + int(height * self._between(0.03, 0.3)), left + int(width * self._between(0.2, 0.8))
            base[top:bottom, left:right] = self._colour()
        toward = math.sin(math.radians(light_deg))
        facing = np.clip(normal_x * toward + np.sqrt(1 - np.clip(normal_x, -1, 1) ** 2) * 0.6, 0, None)
        lit = base * (0.35 + 0.65 * facing)[..., None]
        gloss = self._between(0, 0.5) if self._rng.random() < 0.5 else 0.0
        lit += gloss * np.exp(-(((normal_x - 0.55 * toward) / 0.12) ** 2))[..., None]
        grain = self._rng.normal(0, 0.01, (height, width, 1))
        return to_bytes(np.clip(lit * (1 + grain), 0, 1).astype(np.float32))

    def _colour(self) -> NDArray[np.float32]:
        saturation = self._between(0, 0.9) if self._rng.random() < 0.7 else 0.05
        rgb = colorsys.hsv_to_rgb(self._between(0, 1), saturation, self._between(0.08, 1.0))
        return np.asarray(rgb, np.float32) ** np.float32(2.2)

    def _between(self, low: float, high: float) -> float:
        return float(self._rng.uniform(low, high))


def _grid(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Subpixel centres in pixels, (H, W) each of the sampled size."""
    y = (np.arange(height * _SAMPLES) + 0.5) / _SAMPLES
    x = (np.arange(width * _SAMPLES) + 0.5) / _SAMPLES
    grids = np.meshgrid(y, x, indexing="ij")
    return grids[0], grids[1]


def _coverage(outline: NDArray[np.bool_]) -> NDArray[np.float32]:
    height, width = outline.shape[0] // _SAMPLES, outline.shape[1] // _SAMPLES
    parts = outline.reshape(height, _SAMPLES, width, _SAMPLES)
    return np.asarray(parts.mean(axis=(1, 3), dtype=np.float32), np.float32)


def _reduced(field: NDArray[np.floating]) -> NDArray[np.float32]:
    """One value per pixel of a field of subpixels."""
    return np.asarray(field[_SAMPLES // 2 :: _SAMPLES, _SAMPLES // 2 :: _SAMPLES], np.float32)
