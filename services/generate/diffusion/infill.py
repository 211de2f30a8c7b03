"""Infill: what was drawn without the product, which gives way to the background around it while all is latents.

The product is put back from the photo, so nothing of it need be in the picture that is decoded. A latent cell blurs
what lies in it into its neighbours, though: where a picture of few cells becomes a large one, the drawn product
stands around the real one as a ghost that no retouching reaches. So every cell that the product touches takes on
what is around it before anything is decoded. What was drawn beside the product, its shadow on the ground above all,
carries on under it.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

#: A drawn product is wider than the real one, by half a latent cell or a little more; in pixels of the drawing.
_MARGIN_PX: Final = 5


def covered_cells(covered: NDArray[np.bool_], factor: int) -> Tensor:
    """The cells in which the product can be seen.

    Args:
        covered: (H, W) bool, where the product is, soft edge included; sides are multiples of `factor`.
        factor: Pixels per cell.

    Returns:
        (1, 1, H / factor, W / factor) bool.
    """
    side = 2 * _MARGIN_PX + 1
    seen = functional.max_pool2d(torch.from_numpy(covered).float()[None, None], side, 1, _MARGIN_PX)
    return functional.max_pool2d(seen, factor) > 0


def infilled_latents(latents: Tensor, covered: Tensor) -> Tensor:
    """Latents whose covered cells are means of those around them, filled from the rim inwards, a ring at a time.

    Args:
        latents: (1, C, h, w).
        covered: (1, 1, h, w) bool; where all are covered, nothing is known and nothing changes.

    Returns:
        The same shape and type; cells that are not covered are the very same.
    """
    if not bool(covered.any()) or bool(covered.all()):
        return latents
    known = (~covered).float()
    filled = latents.float() * known
    while not bool(known.all()):
        # Means over the 3 x 3 cells around each; the divisor is the same for both, so it cancels.
        share = functional.avg_pool2d(known, 3, 1, 1)
        means = functional.avg_pool2d(filled, 3, 1, 1) / share.clamp(min=1e-6)
        reached = (share > 0).float()
        filled = torch.where(known > 0, filled, means * reached)
        known = reached
    return torch.where(covered, filled.to(latents.dtype), latents)
