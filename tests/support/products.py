"""Small synthetic products on photos, for tests of everything after segmentation."""

import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.postprocess.product import Product
from services.segment.schema import SegmentResult


def bounding_box(mask: NDArray[np.bool_]) -> Box:
    """The smallest box that holds every True of an (H, W) mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1))


def product_of(mask: NDArray[np.bool_], color: tuple[int, int, int] = (180, 60, 40)) -> Product:
    """A one-coloured product whose silhouette on the canvas is `mask` (H, W)."""
    box = bounding_box(mask)
    inside = mask[box.slices()]
    alpha = (inside * OPAQUE).astype(np.uint16)
    return Product(box, alpha, np.full((*inside.shape, 3), color, np.uint8), inside, "none")


def block(canvas_hw: tuple[int, int], box: Box) -> Product:
    """A product that fills a box of the canvas."""
    mask = np.zeros(canvas_hw, bool)
    mask[box.slices()] = True
    return product_of(mask)


def soft_disc(size: int = 96, radius: float = 30, softness: float = 4) -> tuple[NDArray[np.uint8], SegmentResult]:
    """A noisy photo and the cutout of a disc with a soft edge in its middle."""
    rng = np.random.default_rng(7)
    image = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
    y, x = np.mgrid[:size, :size] + 0.5 - size / 2
    coverage = np.clip((radius - np.hypot(x, y)) / softness + 0.5, 0, 1)
    alpha = np.round(coverage * OPAQUE).astype(np.uint16)
    return image, SegmentResult(alpha, image.copy(), bounding_box(coverage > 0.5), 1.0, "drawn", 0.0)
