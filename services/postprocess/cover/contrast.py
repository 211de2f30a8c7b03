"""Whether letters can be read on a picture, and what makes them so: the contrast rule of WCAG 2.

Two colours' contrast is (L1 + 0.05) / (L2 + 0.05) of their relative luminances, the lighter one's first, from 1 to 21
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Success criterion 1.4.3 asks for 4.5, and for 3 of large letters: 18
points or more, or 14 in bold (https://www.w3.org/TR/WCAG22/#contrast-minimum).

A picture has no one background colour, so the rule is asked of the colours under and around the letters, and counts as
kept where 95 % of them keep it: what an odd pixel of grain does, no reader sees. As 21 is more than 4.5 squared, every
colour reaches 4.5 on black or on white, so a scrim of one of them always helps.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.srgb import LUMINANCE, to_linear

WANTED: Final = 4.5
WANTED_LARGE: Final = 3.0
LARGE_PT: Final = 18.0
LARGE_BOLD_PT: Final = 14.0

#: Of what lies under a text, this share may fall short.
_SPARED: Final = 0.05
#: Asked for beyond the rule where a scrim is drawn, whose bytes are rounded.
_ROUNDING: Final = 1.03
_FLARE: Final = 0.05

RGB = tuple[int, int, int]
WHITE: Final[RGB] = (255, 255, 255)
BLACK: Final[RGB] = (0, 0, 0)


def luminance(color: RGB) -> float:
    """Relative luminance of an sRGB colour, 0 to 1."""
    return float(to_linear(np.array(color, np.uint8)) @ LUMINANCE)


def contrast(first: float, second: float) -> float:
    """Of two relative luminances: 1 to 21."""
    return (max(first, second) + _FLARE) / (min(first, second) + _FLARE)


@dataclass(frozen=True)
class Scrim:
    """What is laid between a text and the picture.

    Args:
        shade: Black or white.
        weight: Of it, 0 to 1; 0 = there is none.
    """

    shade: RGB
    weight: float


#: The picture as it is.
NO_SCRIM: Final = Scrim(BLACK, 0.0)


class Ground:
    """What a text stands on.

    Args:
        light: (N, 3) float32, linear light under and around its letters; N may be 0.
    """

    def __init__(self, light: NDArray[np.float32]) -> None:
        self._luminances = np.sort(light @ LUMINANCE) if len(light) else np.zeros(1, np.float32)

    def reached(self, color: RGB, scrim: Scrim = NO_SCRIM) -> float:
        """The contrast that letters of a colour have with 95 % of it, or more."""
        below = self._luminances + (luminance(scrim.shade) - self._luminances) * np.float32(scrim.weight)
        own = luminance(color)
        high, low = np.maximum(below, own), np.minimum(below, own)
        return float(np.quantile((high + _FLARE) / (low + _FLARE), _SPARED, method="lower"))

    def scrim(self, color: RGB, wanted: float) -> Scrim:
        """The least, of the shade that letters of a colour stand out from more, before which they reach what is wanted,
        however much more of it is laid.

        That letters can be read without, because all below them is of the other shade, does not count: the scrims of
        a picture's other texts reach under them too.
        """
        own = luminance(color)
        shade = BLACK if contrast(own, 0.0) >= contrast(own, 1.0) else WHITE
        if self._weight(own, shade, wanted) <= 0:
            return Scrim(shade, 0.0)
        weight = self._weight(own, shade, min(wanted * _ROUNDING, contrast(own, luminance(shade))))
        return Scrim(shade, min(max(weight, 0.0), 1.0))

    def _weight(self, own: float, shade: RGB, wanted: float) -> float:
        if shade == BLACK:
            brightest = float(np.quantile(self._luminances, 1 - _SPARED, method="higher"))
            return 1 - ((own + _FLARE) / wanted - _FLARE) / max(brightest, 1e-6)
        darkest = float(np.quantile(self._luminances, _SPARED, method="lower"))
        return (wanted * (own + _FLARE) - _FLARE - darkest) / max(1 - darkest, 1e-6)
