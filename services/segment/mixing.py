"""In which values an edge mixes its two colours."""

from enum import StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from services.common.srgb import encode, to_bytes, to_linear
from services.segment.doubt import Mask
from services.segment.local_colours import LocalColours

Array = NDArray[np.float32]

#: Median error of the recomposed edge, in bytes, above which sRGB is looked at: rounding alone leaves 0.3 to 0.6. And
#: how much better it must be: in clean drawn photos the right one leaves a third at most of what the wrong one does; of
#: an edge that light mixed, under noise and JPEG, sRGB still leaves two thirds at least.
_RESIDUAL: Final = 1.0
_CLEARLY: Final = 0.6
#: So many pixels tell in which light space an edge was mixed.
_ENOUGH: Final = 50


class Mixing(StrEnum):
    """In light, as a lens mixes, or in sRGB values, as most retouching and rendering does."""

    LIGHT = "light"
    ENCODED = "encoded"

    @classmethod
    def of(cls, image: NDArray[np.uint8], local: LocalColours, told: Mask) -> Self:
        """How an edge was mixed; as bytes where an image editor did it, or shrank the photo.

        Both mixtures of two colours are lines, one straight in linear light, the other in sRGB. Greys lie on both, and
        tell nothing; light stands then.

        Args:
            image: (N, 3) uint8 sRGB.
            local: Of linear light.
            told: (N,) bool, where the colours on both sides tell alpha.
        """
        encoded = LocalColours(encode(local.product), encode(local.backdrop), local.spread, local.seen)
        bytes_ = np.asarray(image, np.float32)
        alpha = local.project(to_linear(image))
        edge = told & (alpha > 0.1) & (alpha < 0.9)
        if edge.sum() < _ENOUGH:
            return cls.LIGHT
        residual = float(np.median(np.abs(encode(local.mixed(alpha)) * 255 - bytes_).max(axis=1)[edge]))
        if residual <= _RESIDUAL:
            return cls.LIGHT
        shares = encoded.project(np.asarray(bytes_ / 255, np.float32))
        other = float(np.median(np.abs(encoded.mixed(shares) * 255 - bytes_).max(axis=1)[edge]))
        return cls.ENCODED if other <= _CLEARLY * residual else cls.LIGHT

    def values(self, image: NDArray[np.uint8]) -> Array:
        """The values that mix, float32 in [0, 1], of sRGB bytes of any shape."""
        return to_linear(image) if self is Mixing.LIGHT else np.asarray(image / np.float32(255), np.float32)

    def shown(self, values: Array) -> NDArray[np.uint8]:
        """Their sRGB bytes again; values outside [0, 1] are cut."""
        return to_bytes(values) if self is Mixing.LIGHT else np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)

    def encoded(self, values: Array) -> Array:
        """The same values in sRGB, float32 in [0, 1]."""
        return encode(values) if self is Mixing.LIGHT else values
