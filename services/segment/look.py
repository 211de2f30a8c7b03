"""Finding the product, with a second look where the first leaves doubt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.segment.confidence import rate
from services.segment.model import SegmentationModel
from services.segment.region import find_region

#: From here on one look is enough.
_CERTAIN = 0.9
#: Below this, nothing was seen. A second look then has to be sure, as on textures it may invent something: on 20
#: pictures of nothing (textures, noise, gradients, corners of photos) its confidence reached 0.29.
_NOTHING = 0.02
_SURE = 0.6
_MARGIN = 0.2


@dataclass(frozen=True)
class Look:
    """What the network saw.

    Args:
        mask: (h, w) float32 in [0, 1], of the network's size.
        region: (h, w) bool, where the mask is product.
        confidence: 0 to 1, that this is one whole product.
    """

    mask: NDArray[np.float32]
    region: NDArray[np.bool_]
    confidence: float


def look_for_product(model: SegmentationModel, image: NDArray[np.uint8], deadline: Deadline) -> Look:
    """Run the network once or twice and keep what it is surer of.

    Of a product that fills the photo, IS-Net may take a print for the whole or lose a sleeve. Seen from further away,
    with the photo's borders continued around it, the same product is found whole: of 40 amateur photos of clothes, 13
    leave doubt at first (0.03 to 0.89), and all of them end above 0.84; one in smaller size is not seen at all at first
    (0.004), and then whole (0.99). The first look is finer, so it stands when it is certain.

    Args:
        model: The network.
        image: (H, W, 3) uint8 sRGB.
        deadline: Looked at before each pass.
    """
    deadline.check()
    first = _look(model, image, 0.0)
    if first.confidence >= _CERTAIN:
        return first
    deadline.check()
    second = _look(model, image, _MARGIN)
    wanted = first.confidence if first.confidence >= _NOTHING else _SURE
    return second if second.confidence > wanted else first


def _look(model: SegmentationModel, image: NDArray[np.uint8], margin: float) -> Look:
    mask = model.run(image, margin)
    region = find_region(mask, image)
    return Look(mask, region, rate(mask, region))
