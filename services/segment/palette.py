"""Colours by which two materials are told apart."""

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

#: Bins of the colour histograms along L, a and b.
_BINS = (8, 12, 12)


def to_lab(image: NDArray[np.uint8]) -> Array:
    """CIELAB / 100, (h, w, 3) float32."""
    lab = cv2.cvtColor(np.asarray(image / np.float32(255), dtype=np.float32), cv2.COLOR_RGB2LAB)
    return np.asarray(lab / np.float32(100), dtype=np.float32)


def smooth(lab: Array) -> Array:
    """(h, w, c) float32 without the noise of single places."""
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), dtype=np.float32)


def likelihood_of(lab: Array, on: NDArray[np.bool_], off: NDArray[np.bool_]) -> Array:
    """By its colour alone, how much more likely each place is among the one's colours than among the other's.

    Args:
        lab: (h, w, 3) float32, CIELAB / 100.
        on, off: (h, w) bool, places whose colours are known.

    Returns:
        (h, w) float32 in [0, 1]; 0.5 for colours of neither.
    """
    bins = _bins_of(lab)
    among_on, among_off = (_histogram(bins[chosen])[bins] + 1e-4 for chosen in (on, off))
    return np.asarray(among_on / (among_on + among_off), dtype=np.float32)


def _bins_of(lab: Array) -> NDArray[np.int_]:
    low, step = np.array([0, -0.6, -0.6]), np.array([1 / 8, 0.1, 0.1])
    steps = np.clip((lab - low) / step, 0, np.array(_BINS) - 1).astype(int)
    return np.asarray(np.ravel_multi_index(tuple(np.moveaxis(steps, -1, 0)), _BINS))


def _histogram(bins: NDArray[np.int_]) -> NDArray[np.float64]:
    """Shares, smoothed over neighbouring bins."""
    counts = np.bincount(bins, minlength=int(np.prod(_BINS))).reshape(_BINS).astype(np.float64)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if each == axis else (0, 0) for each in range(3)], mode="edge")
        before, after = np.delete(padded, [-2, -1], axis), np.delete(padded, [0, 1], axis)
        counts = 0.6 * counts + 0.2 * (before + after)
    return np.asarray(counts.ravel() / max(1.0, counts.sum()))
