"""Photos that arrive cut out: their own alpha is the mask."""

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.common.geometry import Box
from services.segment.foreground import ForegroundEstimator
from services.segment.instances import find_instances
from services.segment.matte import box_of, refine_alpha
from services.segment.narrowing import narrow
from services.segment.schema import SegmentResult, Selection
from services.segment.selected import whole_of
from services.segment.worn import without_mannequin

NAME: Final = "alpha of the photo"

_STEPS = 257  # 255 of 8 bits are 65535 of 16
#: A plain colour under full transparency varies by less than this (standard deviation of bytes, dithering included).
_PLAIN = 6.0


def cut_by_alpha(
    image: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    foreground: ForegroundEstimator,
    selection: Selection | None = None,
) -> SegmentResult:
    """Take a photo's own alpha.

    Its edge colours are kept if the file is blank where it is transparent: whoever blanked it has made its colours. If
    the old background is still there, it shines through the edge as well, and is taken out of it.

    Args:
        image: (H, W, 3) uint8 sRGB, straight colours.
        alpha: (H, W) uint8, 255 = product.
        foreground: Cleans edge colours.
        selection: Narrows it; nothing is grown that the alpha leaves out.

    Returns:
        Its confidence is 1, or 0 where nothing is above half.

    Raises:
        Internal: The alpha is not of the image's size.
    """
    started = time.perf_counter()
    if alpha.shape != image.shape[:2] or alpha.dtype != np.uint8:
        raise Internal(f"expected an alpha of {image.shape[:2]} uint8, got {alpha.shape} {alpha.dtype}")
    whole, mannequin = None, None
    if selection is not None:
        height, width = alpha.shape
        whole = whole_of(alpha >= 128, Box(0, 0, height, width), (height, width))
        ceiling = narrow(image, np.asarray(alpha / np.float32(255), np.float32), alpha >= 128, selection).ceiling
        alpha = np.round(np.minimum(alpha, ceiling * np.float32(255))).astype(np.uint8)
        if selection.ghost_mannequin and (alpha >= 128).any():
            worn = without_mannequin(image, alpha >= 128, selection)
            mannequin = worn.confidence
            alpha = _along_edges(image, alpha, worn.garment)
    steps = alpha.astype(np.uint16) * np.uint16(_STEPS)
    solid = alpha >= 128
    found = bool(solid.any())
    if found and _shows_background(image, alpha):
        image = foreground.run(image, np.asarray(alpha / np.float32(255), dtype=np.float32), box_of(alpha > 0))
    steps = steps if found else np.zeros_like(steps)
    instances, labels = find_instances(steps, 1.0, lambda _: 1.0)
    return SegmentResult(
        alpha=steps,
        foreground=image,
        box=box_of(solid) if found else None,
        confidence=1.0 if found else 0.0,
        model=NAME,
        duration_s=time.perf_counter() - started,
        instances=instances,
        labels=labels,
        whole=whole,
        mannequin_confidence=mannequin,
    )


def _along_edges(image: NDArray[np.uint8], alpha: NDArray[np.uint8], garment: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The alpha within a garment, whose coarse outline gets the photo's own edges."""
    inside = (garment >= 0.5) & (alpha >= 128)
    if not inside.any():
        return np.zeros_like(alpha)
    fine, _ = refine_alpha(image, np.minimum(garment, alpha / np.float32(255)), inside)
    return np.round(np.minimum(alpha, np.maximum(fine, garment >= 1) * np.float32(255))).astype(np.uint8)


def _shows_background(image: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> bool:
    hidden = image[alpha == 0]
    return len(hidden) > 0 and float(hidden.std(axis=0).max()) > _PLAIN
