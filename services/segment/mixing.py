"""In which values an edge mixes its two colours."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from services.common.srgb import encode, to_bytes, to_linear

Array = NDArray[np.float32]


class Mixing(StrEnum):
    """In light, as a lens mixes, or in sRGB values, as most retouching and rendering does."""

    LIGHT = "light"
    ENCODED = "encoded"

    def values(self, image: NDArray[np.uint8]) -> Array:
        """The values that mix, float32 in [0, 1], of sRGB bytes of any shape."""
        return to_linear(image) if self is Mixing.LIGHT else np.asarray(image / np.float32(255), np.float32)

    def shown(self, values: Array) -> NDArray[np.uint8]:
        """Their sRGB bytes again; values outside [0, 1] are cut."""
        return to_bytes(values) if self is Mixing.LIGHT else np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)

    def encoded(self, values: Array) -> Array:
        """The same values in sRGB, float32 in [0, 1]."""
        return encode(values) if self is Mixing.LIGHT else values
