"""The product's own colour where a pixel shows product and background together."""

import threading
from pathlib import Path

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box
from services.segment.compiled import load_part
from services.segment.mixing import Mixing

Array = NDArray[np.float32]

#: Estimate on a coarser grid above this; what is estimated varies slowly, and the last step is at full size anyway.
_MAX_PIXELS = 250_000
#: Side of the square around a covered pixel in which colour goes on; resampling reads no further.
_BEYOND = 17


class ForegroundEstimator:
    """Fast multi-level foreground estimation (Germer et al., 2020, arXiv 2006.14970), by PyMatting.

    The estimation compiles itself when it is first loaded, which takes seconds; the outcome is kept beside
    PyMatting's files or, where they can't be written, in `compiled_dir`.

    Args:
        compiled_dir: For compiled code.
    """

    def __init__(self, compiled_dir: Path) -> None:
        self._estimate = load_part("foreground.estimate_foreground_ml", compiled_dir).estimate_foreground_ml
        # Not every threading layer of numba survives two callers; some end the process.
        self._turn = threading.Lock()

    def run(self, image: NDArray[np.uint8], alpha: Array, box: Box, mixing: Mixing = Mixing.LIGHT) -> NDArray[np.uint8]:
        """Take the old background's colour out of the edge.

        Args:
            image: (H, W, 3) uint8 sRGB.
            alpha: (H, W) float32 in [0, 1].
            box: Outside of it, alpha is 0.
            mixing: What alpha mixes.

        Returns:
            (H, W, 3) uint8 sRGB, straight colour: the image's own bytes where alpha is 1 and outside the box; estimated
            where it is below 1, also just beyond the product's edge, where resampling looks for colour too.
        """
        crop = box.slices()
        coverage = np.ascontiguousarray(alpha[crop])
        values = mixing.values(image[crop])
        fields = self._fields(values, coverage)
        near = cv2.dilate(coverage, np.ones((_BEYOND, _BEYOND), np.uint8)) > 0
        beyond = np.flatnonzero((coverage == 0) & near)
        partial = np.flatnonzero((coverage > 0) & (coverage < 1))
        # In a row: picking pixels by number takes a fraction of what picking them by a mask does.
        estimated, background, observed = (field.reshape(-1, 3) for field in (*fields, values))
        shown = image[crop].copy().reshape(-1, 3)
        shown[beyond] = mixing.shown(estimated[beyond])
        shown[partial] = mixing.shown(
            _explain(observed[partial], coverage.ravel()[partial], estimated[partial], background[partial])
        )
        foreground = image.copy()
        foreground[crop] = shown.reshape(*coverage.shape, 3)
        return foreground

    def _fields(self, values: Array, alpha: Array) -> tuple[Array, Array]:
        """Foreground and background colour everywhere, (H, W, 3), as values are."""
        height, width = alpha.shape
        shrink = max(1.0, (height * width / _MAX_PIXELS) ** 0.5)
        small = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        coarse_values = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
        coarse_alpha = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA)
        with self._turn:
            # At this size it takes 22 ms of a core alone; two threads of numba spend 69 (AMD EPYC, medians of
            # 9), and on busy cores up to 340, waiting for one another.
            numba.set_num_threads(1)
            fields = self._estimate(coarse_values, coarse_alpha, return_background=True)
        foreground, background = (
            cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR) for field in fields
        )
        return foreground, background


def _explain(values: Array, alpha: Array, foreground: Array, background: Array) -> Array:
    """Move foreground and background the least that makes alpha mix them to the observed colour; give the foreground.

    Args:
        values: (N, 3) observed.
        alpha: (N,).
        foreground: (N, 3) estimated.
        background: (N, 3) estimated.
    """
    weight = alpha[:, None]
    residual = values - weight * foreground - (1 - weight) * background
    moved = foreground + weight * residual / (weight**2 + (1 - weight) ** 2)
    return np.asarray(np.clip(moved, 0, 1), dtype=np.float32)
