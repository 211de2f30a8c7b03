"""A bag whose coverage is known exactly, on drawn backgrounds: truth for everything that is measured on pictures."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.common.srgb import decode, encode, to_bytes, to_linear
from services.postprocess.product import Product

#: Subpixels a side in each pixel.
_SAMPLES = 8
_BODY_COLOR = (176, 52, 44)


@dataclass(frozen=True)
class Bag:
    """A box with a round handle and two lines of text, straight from distances.

    Args:
        size: Side of the square picture in px.
        strap_px: Width of the handle's strap.
        grown_px: How far every edge is moved outwards.
        lines: What is printed on it.
        moved_yx: Where it is moved to.
        color: Of the body, sRGB.
    """

    size: int = 256
    strap_px: float = 4.0
    grown_px: float = 0.0
    lines: tuple[str, ...] = ("VITRINE", "No. 48")
    moved_yx: tuple[float, float] = (0.0, 0.0)
    color: tuple[int, int, int] = _BODY_COLOR

    def coverage(self) -> NDArray[np.float32]:
        """(H, W) float32, 0 to 1: the share of each pixel's subpixels that is inside."""
        step = (np.arange(self.size * _SAMPLES) + 0.5) / _SAMPLES - 0.5
        y, x = (step[:, None] - self.moved_yx[0]) / self.size, (step[None, :] - self.moved_yx[1]) / self.size
        body = np.maximum(np.abs(y - 0.62) - 0.22, np.abs(x - 0.5) - 0.28) * self.size
        ring = np.abs(np.hypot(y - 0.42, x - 0.5) * self.size - 0.21 * self.size) - self.strap_px / 2
        inside = np.minimum(body, np.where(y < 0.42, ring, np.inf)) <= self.grown_px
        parts = inside.reshape(self.size, _SAMPLES, self.size, _SAMPLES)
        return parts.mean(axis=(1, 3), dtype=np.float32)

    def colors(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 sRGB, defined everywhere: the body's colour, softly shaded, with the text."""
        y, x = np.mgrid[: self.size, : self.size] / self.size
        shade = (0.85 + 0.2 * x - 0.15 * y)[..., None]
        image = to_bytes((decode(np.array(self.color) / 255) * shade).astype(np.float32))
        scale = self.size / 256
        for index, line in enumerate(self.lines):
            at = (round(70 * scale), round((140 + 36 * index) * scale))
            cv2.putText(
                image,
                line,
                at,
                cv2.FONT_HERSHEY_SIMPLEX,
                0.85 * scale,
                (240, 236, 226),
                max(1, round(2 * scale)),
                cv2.LINE_AA,
            )
        shift = np.array([[1, 0, self.moved_yx[1]], [0, 1, self.moved_yx[0]]], np.float64)
        return np.asarray(
            cv2.warpAffine(image, shift, (self.size, self.size), borderMode=cv2.BORDER_REPLICATE), np.uint8
        )

    def product(self) -> Product:
        """As it is placed on a canvas of its own size, in the box that holds it."""
        alpha = np.round(self.coverage() * OPAQUE).astype(np.uint16)
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        box = Box(int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
        inside = alpha[box.slices()]
        return Product(box, inside, self.colors()[box.slices()], inside == OPAQUE, "none")


def over(background: NDArray[np.uint8], coverage: NDArray[np.float32], color: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A composite in linear light, (H, W, 3) uint8 sRGB."""
    below = to_linear(background)
    return to_bytes(below + (to_linear(color) - below) * coverage[..., None])


def backgrounds(size: int) -> dict[str, NDArray[np.uint8]]:
    """Backgrounds by name, (size, size, 3) uint8 sRGB, some of them in the bag's own colour."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:size, :size]
    brick = ((y % 16 < 2) | ((x + (y // 16 % 2) * 16) % 32 < 2))[..., None]
    octaves = sum(cv2.resize(rng.random((size // k, size // k, 3)), (size, size)) for k in (2, 4, 16, 64)) / 4
    light = np.stack([np.linspace(0.2, 0.9, size)[None, :].repeat(size, 0)] * 3, -1)
    return {
        "white": np.full((size, size, 3), 250, np.uint8),
        "gray": np.full((size, size, 3), 128, np.uint8),
        "gradient": (encode(light) * 255).astype(np.uint8),
        "own colour": np.full((size, size, 3), _BODY_COLOR, np.uint8),
        "noise": (octaves * 255).astype(np.uint8),
        "brick": np.where(brick, np.uint8(210), np.array([168, 74, 60], np.uint8)).astype(np.uint8),
        "own brick": np.where(brick, np.uint8(210), np.array(_BODY_COLOR, np.uint8)).astype(np.uint8),
        "stripes": np.where((x // 12 % 2 == 0)[..., None], np.array(_BODY_COLOR, np.uint8), np.uint8(235)).astype(
            np.uint8
        ),
    }
