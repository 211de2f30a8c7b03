"""Tileable noise, shaped in the frequency domain.

A random spectrum of wanted shape, transformed back, wraps around at its borders for free and has no grid artefacts
(spectral synthesis, Saupe, "The Science of Fractal Images", 1988).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def spectral_noise(
    rng: np.random.Generator,
    size_px: int,
    band: tuple[float, float],
    slope: float = 1.0,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Field:
    """Noise that repeats every `size_px` pixels in both directions.

    Args:
        rng: Where the randomness comes from.
        size_px: Side of the square.
        band: Lowest and highest frequency, in cycles per tile.
        slope: Amplitude falls as frequency to the minus `slope`; 0 = white within the band, 2 = smooth hills.
        stretch: How much longer features are along u (columns) and v (rows).

    Returns:
        (size_px, size_px) float32 with mean 0 and standard deviation 1.
    """
    reach = band[1] / min(stretch)
    own_px = size_px
    while own_px >= 64 and own_px / 2 > 2.5 * reach:
        own_px //= 2
    down = np.fft.fftfreq(own_px, 1 / own_px).astype(np.float32)[:, None] * stretch[1]
    across = np.fft.rfftfreq(own_px, 1 / own_px).astype(np.float32)[None, :] * stretch[0]
    frequency = np.hypot(down, across)
    frequency[0, 0] = 1.0
    ratio = frequency / band[0]
    amplitude = frequency**-slope * np.exp(-((frequency / band[1]) ** 4)) * (1 - np.exp(-(ratio**4)))
    amplitude[0, 0] = 0.0
    shape = frequency.shape
    spectrum = rng.standard_normal(shape, np.float32) + 1j * rng.standard_normal(shape, np.float32)
    field = np.fft.irfft2(spectrum * amplitude, s=(own_px, own_px)).astype(np.float32)
    field -= field.mean()
    field /= field.std() + 1e-12
    return enlarge_tile(field, size_px)


def enlarge_tile(field: Field, size_px: int) -> Field:
    """The same tile on a grid of `size_px` pixels, a multiple of its own, without a seam."""
    factor = size_px // field.shape[0]
    if factor == 1:
        return field
    margin = 4
    padded = np.pad(field, margin, mode="wrap")
    large = cv2.resize(padded, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    inner = slice(margin * factor, margin * factor + size_px)
    return np.ascontiguousarray(large[inner, inner], dtype=np.float32)


def displaced(field: Field, du_px: Field, dv_px: Field) -> Field:
    """The tile looked up at shifted places, wrapping around: domain warping.

    Args:
        field: (S, S) tile.
        du_px: (S, S) shift along columns, in pixels.
        dv_px: (S, S) shift along rows, in pixels.
    """
    size = field.shape[0]
    line = np.arange(size, dtype=np.float32)
    return np.asarray(
        cv2.remap(field, line[None, :] + du_px, line[:, None] + dv_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP),
        dtype=np.float32,
    )


def smoothstep(low: float, high: float, value: Field) -> Field:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the larger one."""
    ramp = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), dtype=np.float32)
