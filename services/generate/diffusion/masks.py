"""What of the product the diffusion must keep, and what it is shown of it."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.srgb import to_bytes, to_linear
from services.generate.diffusion.request import Inpainting

#: Of the product's edge, left to the diffusion: there the photo's pixels are a mixture with what stood behind.
ERODE_PX: Final = 2
#: How far the product's colours go on outside of it, in what the network is shown.
EXTEND_PX: Final = 12
#: Parts narrower than twice this, one cell of a latent, can't be held by it.
THIN_PX: Final = 4


def hold_product(background: NDArray[np.uint8], foreground: NDArray[np.uint8], alpha: NDArray[np.uint16]) -> Inpainting:
    """The product put before a background, held there while all else is drawn anew.

    The held area is the opaque product less its edge and its thin parts: those no latent cell can hold, and drawn half
    they come out thick (the "object expansion" of Eshratifar et al., CVPR-W 2024). The context goes on with the
    product's own edge colours outside of it, as a flat fill there invites a border around the product.

    Args:
        background: (H, W, 3) uint8 sRGB; a plate or a reference.
        foreground: (H, W, 3) uint8 sRGB; the product's colours, defined where alpha is not 0.
        alpha: (H, W) uint16, see `services.common.alpha`.
    """
    held = held_area(alpha)
    share = alpha.astype(np.float32)[..., None] / np.float32(OPAQUE)
    # Light adds in linear space; bytes that nothing covers stay what they were.
    image = to_bytes(to_linear(foreground) * share + to_linear(background) * (1 - share))
    context, known = extend_edges(foreground, held)
    return Inpainting(image, ~held, context, known)


def held_area(alpha: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Where the product is opaque, less all parts narrower than `2 * THIN_PX` and `ERODE_PX` of its edge.

    Args:
        alpha: (H, W) uint16.

    Returns:
        (H, W) bool.
    """
    opaque = (alpha == OPAQUE).astype(np.uint8)
    # Beyond the picture's edge the product goes on, so that no rim is taken from it there.
    padded = cv2.copyMakeBorder(opaque, THIN_PX, THIN_PX, THIN_PX, THIN_PX, cv2.BORDER_REPLICATE)
    thick = cv2.erode(cv2.morphologyEx(padded, cv2.MORPH_OPEN, _disc(THIN_PX)), _disc(ERODE_PX))
    return thick[THIN_PX:-THIN_PX, THIN_PX:-THIN_PX].astype(np.bool_)


def extend_edges(image: NDArray[np.uint8], held: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Every pixel within `EXTEND_PX` of the held area gets the colour of the held pixel nearest to it.

    Args:
        image: (H, W, 3) uint8.
        held: (H, W) bool.

    Returns:
        The extended image, 0 where nothing is near, and (H, W) bool: where it is defined.
    """
    if not held.any():
        return np.zeros_like(image), np.zeros_like(held)
    distance, labels = cv2.distanceTransformWithLabels(
        (~held).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colours[labels[held]] = image[held]
    known = distance <= EXTEND_PX
    return np.where(known[..., None], colours[labels], np.uint8(0)), known


def _disc(radius_px: int) -> NDArray[np.uint8]:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
