"""A drawn mannequin: limbs of plastic or painted wood, round under one lamp, with known coverage."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.common.srgb import decode
from services.evaluation.truth.field import around_line, covered

Array = NDArray[np.float32]
RGB = tuple[float, float, float]

#: Where the light comes from: x to the right, y down, z towards the camera.
_LIGHT: Final = np.array([-0.45, -0.5, 0.74])
_CAMERA: Final = np.array([0.0, 0.0, 1.0])
_AMBIENT: Final = 0.45
#: A lamp's mirror image in gloss, and how narrow it is.
_GLOSS: Final = (0.12, 30)
#: Bodies are flatter than they are wide.
_FLAT: Final = 0.6


@dataclass(frozen=True)
class Limb:
    """A part as thick as a band around a line of (x, y) points, in pixels."""

    line: tuple[tuple[float, float], ...]
    radius: float


@dataclass(frozen=True)
class Mannequin:
    """A mannequin of one colour.

    Args:
        size_hw: The picture's size.
        limbs: What it is made of.
        color: Of its surface, sRGB, 0 to 1.
    """

    size_hw: SizeHW
    limbs: tuple[Limb, ...]
    color: RGB

    def alpha(self) -> Array:
        """(H, W) float32 coverage."""
        empty = np.full((2 * self.size_hw[0], 2 * self.size_hw[1]), np.float32(9), np.float32)
        for limb in self.limbs:
            np.minimum(empty, _field(self.size_hw, limb), out=empty)
        return covered(empty)

    def colors(self) -> Array:
        """(H, W, 3) float32 linear, its colour under the lamp, told everywhere."""
        return shaded(np.broadcast_to(decode(np.array(self.color, np.float32)), (*self.size_hw, 3)), self.height())

    def height(self) -> Array:
        """(H, W) float32, how far its surface stands towards the camera, in pixels; 0 beside it."""
        found = np.zeros(self.size_hw, np.float32)
        for limb in self.limbs:
            inside = np.maximum(-cv2.resize(_field(self.size_hw, limb), self.size_hw[::-1]), 0)
            np.maximum(found, _FLAT * np.sqrt(np.maximum(inside * (2 * limb.radius - inside), 0)), out=found)
        return found


def shaded(albedo: Array, height: Array, gloss: float = _GLOSS[0]) -> Array:
    """A surface of that relief under the lamp, Lambert's law with a highlight: (H, W, 3) float32 linear, 0 to 1."""
    smooth = cv2.GaussianBlur(height, (0, 0), 1.5)
    down, right = np.gradient(smooth)
    normal = np.stack([-right, -down, np.ones_like(smooth)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    halfway = (_LIGHT + _CAMERA) / np.linalg.norm(_LIGHT + _CAMERA)
    light = _AMBIENT + (1 - _AMBIENT) * np.clip(normal @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)
    shine = gloss * np.clip(normal @ halfway, 0, 1) ** _GLOSS[1]
    return np.asarray(np.clip(albedo * light[..., None] + shine[..., None], 0, 1), np.float32)


def _field(size_hw: SizeHW, limb: Limb) -> Array:
    return around_line(size_hw, np.array(limb.line, np.float64), limb.radius)
