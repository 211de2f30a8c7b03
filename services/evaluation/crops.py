"""The parts of pictures that are worth looking at closely."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.evaluation.truth.strap import Strap

_SIDE: Final = 72


def at_strap(image: NDArray[np.uint8], strap: Strap) -> NDArray[np.uint8]:
    """A square around the beginning of the strap's bend, of (H, W, 3) uint8."""
    points, _ = strap.stations()
    x, y = points[len(points) // 4]
    return around(image, int(x), int(y))


def around(image: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """A square around a point, wholly inside the picture."""
    left = max(0, min(x - _SIDE // 2, image.shape[1] - _SIDE))
    top = max(0, min(y - _SIDE // 2, image.shape[0] - _SIDE))
    return image[top : top + _SIDE, left : left + _SIDE]


def grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W) of 0 to 1 as a grey picture, (H, W, 3)."""
    levels = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)
