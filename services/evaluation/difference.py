"""How different two pictures of one product look."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

Image = NDArray[np.uint8]


def delta_e(first: Image, second: Image, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(N,) deltaE2000 of the pixels inside; 1 is about what an eye can see.

    Args:
        first, second: (H, W, 3) uint8 sRGB.
        inside: (H, W) bool.
    """
    first_lab, second_lab = (rgb2lab(image[inside][None]) for image in (first, second))
    off = deltaE_ciede2000(first_lab, second_lab)  # type: ignore[no-untyped-call] # scikit-image's types are partial
    return np.asarray(off[0], np.float64)


def similarity(first: Image, second: Image, inside: NDArray[np.bool_]) -> float:
    """Mean SSIM (Wang et al., 2004; 7 x 7, of luma) over windows around pixels inside."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    _, local = structural_similarity(  # type: ignore[no-untyped-call] # scikit-image's types are partial
        grey[0], grey[1], win_size=7, data_range=255, full=True
    )
    return float(np.mean(local[inside]))
