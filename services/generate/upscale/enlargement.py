"""One request's background on its way to a larger size."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import SizeHW

if TYPE_CHECKING:  # torch, which plates need none of
    from services.generate.upscale.upscaler import Upscaler

#: Gives (h, w, 3) uint8 sRGB with more detail towards a size, which it may miss: who calls resamples the rest.
Enlarge = Callable[[NDArray[np.uint8], SizeHW], NDArray[np.uint8]]


def as_it_is(image: NDArray[np.uint8], size_hw: SizeHW) -> NDArray[np.uint8]:
    """The picture itself: all is left to resampling."""
    del size_hw
    return image


class Enlargement:
    """Enlarges with a network, and knows whether it did; an `Enlarge`.

    Args:
        upscaler: What enlarges; None = nothing does.
        deadline: Of the request.
    """

    def __init__(self, upscaler: "Upscaler | None", deadline: Deadline) -> None:
        self._upscaler = upscaler
        self._deadline = deadline
        self._done = False

    def __call__(self, image: NDArray[np.uint8], size_hw: SizeHW) -> NDArray[np.uint8]:
        """See `Upscaler.enlarge`."""
        if self._upscaler is None:
            return image
        enlarged = self._upscaler.enlarge(image, size_hw, self._deadline)
        self._done = self._done or enlarged is not image
        return enlarged

    def signed(self, engine: str) -> str:
        """What made the background: an engine, and the network if it took part."""
        return f"{engine}, {self._upscaler.name}" if self._upscaler is not None and self._done else engine
