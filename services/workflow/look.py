"""What looks at a picture that came in, before any work is done for it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: Looks at a picture, (h, w, 3) uint8 sRGB, and raises what refuses it.
Look = Callable[[NDArray[np.uint8]], None]


def let_pass(picture: NDArray[np.uint8]) -> None:
    """The look that refuses nothing."""
