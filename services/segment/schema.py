"""What the segmentation stage takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box
from services.common.logs import carried_fields


@dataclass(frozen=True)
class Selection:
    """What of the photo is the product, as somebody pointed at it. All in pixels of the photo, all optional.

    Args:
        keep_mask: (H, W) uint8; where it is below half nothing is product, in between it bounds alpha.
        include_boxes: Together with `keep_mask`, all that may be product.
        exclude_boxes: Nothing in them is.
        include_points: (row, column), on the product: other components go, and what the network missed is grown.
        exclude_points: (row, column), on parts that are cut off.
        ghost_mannequin: The garment alone is the product, without the mannequin or person that wears it. Points then
            lie on cloth and on who wears it.
    """

    keep_mask: NDArray[np.uint8] | None = None
    include_boxes: tuple[Box, ...] = ()
    exclude_boxes: tuple[Box, ...] = ()
    include_points: tuple[tuple[int, int], ...] = ()
    exclude_points: tuple[tuple[int, int], ...] = ()
    ghost_mannequin: bool = False


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
class SegmentRequest:
    """One photo to cut out.

    Args:
        image: (H, W, 3) uint8 sRGB.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        alpha: (H, W) uint8, 255 = product, of a photo that arrives cut out; it is then taken as it is.
        selection: Narrows what is product; None = whatever the network finds.
        owner: Whose photo it is; its cutout may be kept for them alone. Empty: it is not kept.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    image: NDArray[np.uint8]
    request_id: str = ""
    deadline_s: float | None = None
    alpha: NDArray[np.uint8] | None = None
    selection: Selection | None = None
    owner: str = ""
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


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
        uncertainty: (H, W) uint8, how little alpha means: 0 = certain, and everywhere away from edges; 128 and more
            where product and background look too alike to tell, or where no mixture of them explains the photo. None
            where no edge was looked for: there is no product, or the photo arrived cut out.
        whole: (h, w) uint16, 65535 = product, over the whole photo at a reduced size: what was seen before the
            selection narrowed it, which tells how the photo was taken; None without a selection.
        mannequin_confidence: 0 to 1, that what was taken off the garment is a mannequin or a body; 0 where nothing was.
            None where nobody asked.
    """

    alpha: NDArray[np.uint16]
    foreground: NDArray[np.uint8]
    box: Box | None
    confidence: float
    model: str
    duration_s: float
    instances: tuple[Instance, ...] = ()
    labels: NDArray[np.uint8] | None = None
    uncertainty: NDArray[np.uint8] | None = None
    whole: NDArray[np.uint16] | None = None
    mannequin_confidence: float | None = None
