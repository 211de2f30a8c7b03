"""The product as it lies on the canvas: cropped, resampled once, clipped."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.errors import Internal
from services.common.geometry import Box, SizeHW
from services.common.srgb import to_bytes, to_linear
from services.postprocess.schema import Placement
from services.segment.schema import SegmentResult

#: Source pixels on either side that OpenCV's Lanczos kernel reads.
_LANCZOS_REACH_PX: Final = 4


@dataclass(frozen=True)
class Product:
    """A cutout on the canvas. All arrays share one (H, W), that of `box`.

    Args:
        box: Where the arrays lie on the canvas, wholly inside it.
        alpha: (H, W) uint16, 0 to 65535.
        color: (H, W, 3) uint8 sRGB, straight; the photo's own pixels in the core.
        core: (H, W) bool, where nothing but the product's own photo pixels takes part: alpha is full, and where the
            product was resampled it is full under the whole filter.
        resampling: "none", "area" or "lanczos4".
    """

    box: Box
    alpha: NDArray[np.uint16]
    color: NDArray[np.uint8]
    core: NDArray[np.bool_]
    resampling: str

    def coverage(self) -> NDArray[np.float32]:
        """Alpha as (H, W) float32, 0 to 1."""
        return self.alpha.astype(np.float32) / np.float32(OPAQUE)

    def recolored(self, color: NDArray[np.uint8]) -> "Product":
        """The same cutout in other colours: (H, W, 3) uint8 sRGB, straight."""
        return replace(self, color=color)


def place_product(image: NDArray[np.uint8], cutout: SegmentResult, placement: Placement) -> Product:
    """Cut the product's crop out of its photo and lay it on the canvas.

    At scale 1 bytes are copied. Otherwise colour is weighted with alpha and filtered in linear light, so that neither
    the old background nor the transfer curve tints the edge.

    Args:
        image: (H, W, 3) uint8 sRGB, the photo.
        cutout: Alpha and foreground of the photo's size.
        placement: Where it goes.

    Raises:
        Internal: Cutout and photo differ in size, or no part of the product is on the canvas.
    """
    if cutout.alpha.shape != image.shape[:2] or cutout.foreground.shape != image.shape:
        raise Internal(
            f"the photo is {image.shape}, its alpha {cutout.alpha.shape} and foreground {cutout.foreground.shape}; "
            "all three must have one size"
        )
    rows, columns = placement.crop.slices()
    photo, alpha, foreground = image[rows, columns], cutout.alpha[rows, columns], cutout.foreground[rows, columns]
    if placement.scale == 1:
        core, resampling = alpha == OPAQUE, "none"
        # A caller's foreground may differ from the photo inside; what is proven is the photo.
        color = np.where(core[..., None], photo, foreground)
    else:
        color, alpha, core, resampling = _resample(photo, alpha, foreground, placement.scale)
    return _clipped(
        Product(Box(placement.top, placement.left, *alpha.shape), alpha, color, core, resampling), placement
    )


def resampled_hw(size_hw: SizeHW, scale: float) -> SizeHW:
    """Size of a crop after resampling, at least one pixel."""
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def _resample(
    photo: NDArray[np.uint8], alpha: NDArray[np.uint16], foreground: NDArray[np.uint8], scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.bool_], str]:
    height, width = resampled_hw((alpha.shape[0], alpha.shape[1]), scale)
    shrinks = scale < 1
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4

    def resize(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        return cv2.resize(plane, (width, height), interpolation=kernel).astype(np.float32, copy=False)

    coverage = alpha.astype(np.float32) / np.float32(OPAQUE)
    color = resize(to_linear(foreground) * coverage[..., None])
    coverage = resize(coverage)
    color /= np.maximum(coverage, np.float32(1 / OPAQUE))[..., None]
    core = _resampled_core(alpha == OPAQUE, (height, width), shrinks=shrinks)
    result = np.where(core[..., None], to_bytes(resize(to_linear(photo))), to_bytes(color))
    resampled_alpha = np.round(np.clip(coverage, 0, 1) * OPAQUE).astype(np.uint16)
    resampled_alpha[core] = OPAQUE
    return result, resampled_alpha, core, "area" if shrinks else "lanczos4"


def _resampled_core(opaque: NDArray[np.bool_], size_hw: SizeHW, *, shrinks: bool) -> NDArray[np.bool_]:
    height, width = size_hw
    if shrinks:
        # Any source pixel below full, however small its share, leaves the sum below one.
        share = cv2.resize(opaque.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(share >= 1 - 1e-5)
    side = 2 * _LANCZOS_REACH_PX + 1
    inner = cv2.erode(opaque.astype(np.uint8), np.ones((side, side), np.uint8))
    return cv2.resize(inner, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.bool_)


def _clipped(product: Product, placement: Placement) -> Product:
    """The part of a product that is on the canvas."""
    box = product.box
    inside = box.clipped(placement.canvas_hw)
    if inside.height <= 0 or inside.width <= 0:
        raise Internal(
            f"the product's crop at top {box.top}, left {box.left} with {box.height} x {box.width} pixels lies outside "
            f"the canvas of {placement.canvas_hw[0]} x {placement.canvas_hw[1]}",
        )
    part = Box(inside.top - box.top, inside.left - box.left, inside.height, inside.width).slices()
    return Product(inside, product.alpha[part], product.color[part], product.core[part], product.resampling)
