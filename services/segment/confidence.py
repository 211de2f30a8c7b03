"""How sure we are that the mask shows one whole product."""

from math import exp

import cv2
import numpy as np
from numpy.typing import NDArray

#: Below this share of the photo nothing can be told.
_LEAST_AREA = 0.0005
#: Half width of the edge band, in places of the network's grid, where hesitation is normal.
_EDGE = 4


def rate(mask: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    """Judge a mask by itself.

    A product of five shares, each 1 for a clean product shot and falling for one kind of fault:

    - the network hesitates away from edges (a part is missing, or something else was nearly taken along);
    - it is not sure of the product itself;
    - the product is all edge (a texture's lines; a fine chain is too, so this one never decides alone);
    - it is scattered over many components (a pair of shoes is not);
    - it touches the photo's frame (it may be cut off).

    Calibrated on 40 amateur photos of clothes, of which 36 come out above 0.7 at first look and the two whose mask
    misses most of the product at 0.2 and below, and on 17 pictures without a product (walls, gradients, noise, gravel,
    bricks, landscapes), all below 0.23.

    Args:
        mask: (h, w) float32 in [0, 1].
        region: (h, w) bool, where the mask is product.

    Returns:
        0 to 1.
    """
    area = int(region.sum())
    if area < _LEAST_AREA * region.size:
        return 0.0
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _EDGE + 1, 2 * _EDGE + 1))
    binary = region.astype(np.uint8)
    core = cv2.erode(binary, disc) > 0
    away = core | (cv2.dilate(binary, disc) == 0)
    hesitation = float((1 - np.abs(2 * mask[away] - 1)).sum()) / area
    sureness = float(mask[region].mean())
    solidity = float(core.sum()) / area
    border = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
    shares = (
        exp(-2.2 * hesitation),
        _ramp(sureness, 0.5, 0.95),
        max(0.35, _ramp(solidity, 0.2, 0.8)),
        min(1.0, 2.5 / _pieces(binary)),
        1 - float(border.mean()),
    )
    return float(np.prod(shares))


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _pieces(binary: NDArray[np.uint8]) -> float:
    """Effective number of components: the inverse of the sum of squared shares, so that specks hardly count."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    shares = stats[1:, cv2.CC_STAT_AREA] / binary.sum()
    return 1 / float((shares**2).sum())
