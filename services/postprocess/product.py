"""The product as it lies on the canvas: cropped, resampled once, clipped."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.errors import Internal
from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.common.srgb import to_bytes, to_linear
from services.postprocess.resample import Resampling
from services.segment.schema import SegmentResult


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
    whole, box = _on_canvas(placement)
    part = box.within(whole)
    if placement.scale != 1:
        crop_hw = (placement.crop.height, placement.crop.width)
        filtering = Resampling(crop_hw, (whole.height, whole.width), part, shrinks=placement.scale < 1)
        return _resampled(photo, alpha, foreground, box, filtering)
    shown = part.slices()
    photo, alpha, foreground = photo[shown], alpha[shown], foreground[shown]
    core = alpha == OPAQUE
    # A caller's foreground may differ from the photo inside; what is proven is the photo.
    return Product(box, alpha, np.where(core[..., None], photo, foreground), core, "none")


def laid_out(values: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """(H, W) uint8 over a photo, as it lies on the canvas with the product; 0 where nothing of the photo does.

    Args:
        values: Of the photo's size.
        placement: The product's.
    """
    crop = values[placement.crop.slices()]
    height, width = resampled_hw((placement.crop.height, placement.crop.width), placement.scale)
    filtering = cv2.INTER_AREA if placement.scale < 1 else cv2.INTER_LINEAR
    resized = crop if placement.scale == 1 else cv2.resize(crop, (width, height), interpolation=filtering)
    whole = Box(placement.top, placement.left, height, width)
    inside = whole.clipped(placement.canvas_hw)
    canvas = np.zeros(placement.canvas_hw, np.uint8)
    canvas[inside.slices()] = resized[inside.within(whole).slices()]
    return canvas


def resampled_hw(size_hw: SizeHW, scale: float) -> SizeHW:
    """Size of a crop after resampling, at least one pixel."""
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def _on_canvas(placement: Placement) -> tuple[Box, Box]:
    """Where the whole crop would lie on an endless canvas, and the part of that which is on this one."""
    size_hw = resampled_hw((placement.crop.height, placement.crop.width), placement.scale)
    whole = Box(placement.top, placement.left, *size_hw)
    inside = whole.clipped(placement.canvas_hw)
    if inside.height <= 0 or inside.width <= 0:
        raise Internal(
            f"the product's crop at top {whole.top}, left {whole.left} with {whole.height} x {whole.width} pixels lies "
            f"outside the canvas of {placement.canvas_hw[0]} x {placement.canvas_hw[1]}"
        )
    return whole, inside


def _resampled(
    photo: NDArray[np.uint8],
    alpha: NDArray[np.uint16],
    foreground: NDArray[np.uint8],
    box: Box,
    filtering: Resampling,
) -> Product:
    read = filtering.source
    photo, alpha, foreground = photo[read], alpha[read], foreground[read]
    coverage = alpha.astype(np.float32) / np.float32(OPAQUE)
    color = filtering.resized(to_linear(foreground) * coverage[..., None])
    coverage = filtering.resized(coverage)
    color /= np.maximum(coverage, np.float32(1 / OPAQUE))[..., None]
    core = filtering.core(alpha == OPAQUE)
    result = np.where(core[..., None], to_bytes(filtering.resized(to_linear(photo))), to_bytes(color))
    resampled_alpha = np.round(np.clip(coverage, 0, 1) * OPAQUE).astype(np.uint16)
    resampled_alpha[core] = OPAQUE
    return Product(box, resampled_alpha, result, core, filtering.name)
