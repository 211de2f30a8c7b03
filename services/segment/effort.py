"""How far the pixels of a photo are believed along an edge."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.segment.trimap import Trimap

Bytes = NDArray[np.uint8]

#: Standard deviation of bytes of plain places above which a photo counts as noisy.
_MUCH: Final = 0.8
_SAMPLES: Final = 2000


@dataclass(frozen=True)
class Effort:
    """How far a photo's pixels are believed.

    Args:
        epsilon: Of closed-form matting.
        pull: Of the guess, where the colours on both sides tell.
        hold: Of the guess, where they don't.
        edges: Share of the filtered mask in the guess, against that of the colours on both sides.
        reach: Distance from the filtered mask's edge from which on the guess is that mask alone, in pixels.
        colour: Weight of colour against lightness.
        veil: What is cut off both ends of alpha, in standard deviations of its noise.
    """

    epsilon: float
    pull: float
    hold: float
    edges: float
    reach: float
    colour: float
    veil: float

    @classmethod
    def of(cls, image: Bytes, trimap: Trimap) -> "Effort":
        """What a photo's noise allows.

        Args:
            image: (H, W, 3) uint8 sRGB.
            trimap: (H, W); noise is read beside its band.
        """
        return _NOISY if _noise(image, trimap) > _MUCH else _CLEAN


_CLEAN: Final = Effort(epsilon=1e-5, pull=0.05, hold=1.0, edges=0.0, reach=100.0, colour=1.0, veil=0.0)
#: JPEG keeps colour at half the size, so at an edge it is of little use.
_NOISY: Final = Effort(epsilon=1e-4, pull=1.0, hold=20.0, edges=0.5, reach=3.0, colour=0.3, veil=1.0)


def _noise(image: Bytes, trimap: Trimap) -> float:
    """Standard deviation, in bytes, of the plainest quarter of small squares beside the edge."""
    inner = trimap.distance[2:-2, 2:-2]
    rows, columns = np.nonzero((inner > 6) & (inner < 14))
    if len(rows) == 0:
        return 0.0
    step = -(-len(rows) // _SAMPLES)
    offsets = np.arange(5)
    squares = image[rows[::step, None, None] + offsets[:, None], columns[::step, None, None] + offsets, 1].reshape(
        -1, offsets.size**2
    )
    return float(np.percentile(squares.std(axis=1), 25))
