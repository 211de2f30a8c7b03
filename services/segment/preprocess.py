"""From a photo to the network's input, and back from its mask to the photo's grid."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW


def to_batch(image: NDArray[np.uint8], input_hw: SizeHW, margin: float = 0.0) -> NDArray[np.float32]:
    """Resize and normalise a photo for IS-Net: (rgb - 128) / 256.

    The whole photo is squeezed into the network's square, as in training; nothing is cut off.

    Args:
        image: (H, W, 3) uint8 sRGB.
        input_hw: The network's size.
        margin: Room left on every side, as a share of the network's side, below a half; the photo's border pixels are
            continued into it.

    Returns:
        (1, 3, h, w) float32 in [-0.5, 0.5).
    """
    inner = inner_box(input_hw, margin)
    resized = resize(image, (inner.height, inner.width))
    below, beyond = input_hw[0] - inner.bottom, input_hw[1] - inner.right
    framed = cv2.copyMakeBorder(resized, inner.top, below, inner.left, beyond, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(((framed.astype(np.float32) - 128) / 256).transpose(2, 0, 1)[None])


def inner_box(input_hw: SizeHW, margin: float) -> Box:
    """Where the photo lies in the network's square."""
    top, left = (round(side * margin) for side in input_hw)
    return Box(top, left, input_hw[0] - 2 * top, input_hw[1] - 2 * left)


def resize(image: NDArray[np.uint8], size_hw: SizeHW) -> NDArray[np.uint8]:
    """The image at another size: averaged when shrinking, bilinear when growing."""
    shrinks = size_hw[0] * size_hw[1] < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_hw[::-1], interpolation=method), dtype=np.uint8)


def from_mask(mask: NDArray[np.float32], size_hw: SizeHW) -> NDArray[np.float32]:
    """A mask of the network's size on the photo's grid, without blocks.

    Args:
        mask: (h, w) float32.
        size_hw: The photo's size.

    Returns:
        (H, W) float32, clipped to [0, 1].
    """
    shrinks = size_hw[0] * size_hw[1] < mask.size
    # Cubic, because linear interpolation shows the network's grid as stairs once a photo is much larger.
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(np.clip(cv2.resize(mask, size_hw[::-1], interpolation=method), 0, 1), dtype=np.float32)
