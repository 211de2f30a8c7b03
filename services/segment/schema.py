"""What the segmentation stage takes and gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box


@dataclass(frozen=True)
class SegmentRequest:
    """One photo to cut out.

    Args:
        image: (H, W, 3) uint8 sRGB.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        alpha: (H, W) uint8, 255 = product, of a photo that arrives cut out; it is then taken as it is.
    """

    image: NDArray[np.uint8]
    request_id: str = ""
    deadline_s: float | None = None
    alpha: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Instance:
    """One of several products in a photo.

    Args:
        box: Of its pixels above half.
        area_px: How many these are.
        confidence: 0 to 1, that it is one whole product.
    """

    box: Box
    area_px: int
    confidence: float


@dataclass(frozen=True)
class SegmentResult:
    """The product, cut out.

    Args:
        alpha: (H, W) uint16, 0 = background, 65535 = product, at the photo's size.
        foreground: (H, W, 3) uint8 sRGB, straight colour: the photo's own pixels where alpha is full, the product's
            colour without the old background's where it is fractional.
        box: Of all pixels above half; None when no product was found.
        confidence: 0 to 1.
        model: Name and version; "alpha of the photo" where no network ran.
        duration_s: Time worked, queueing not counted.
        instances: The products, the largest first; empty when none was found.
        labels: (h, w) uint8 at a reduced size, over the whole photo: for each place the number of the instance, from 1,
            that lies there or nearest; 0 everywhere when there is none. None where nobody looked.
    """

    alpha: NDArray[np.uint16]
    foreground: NDArray[np.uint8]
    box: Box | None
    confidence: float
    model: str
    duration_s: float
    instances: tuple[Instance, ...] = ()
    labels: NDArray[np.uint8] | None = None
