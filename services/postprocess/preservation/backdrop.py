"""The background behind a product: known, or guessed from what is seen around it.

The guess is a first-order normalised convolution (Knutsson and Westin, 1993): around each pixel a plane is fitted to
the background that is surely free of the product. It follows light that falls off, not patterns; how far patterns stray
from it is kept beside it, so that nobody takes a brick for a ghost.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import encode, to_linear
from services.postprocess.preservation.edge import CLEAR

#: A background is free of the product, however wide it was drawn, this far from its edge.
FREE_PX: Final = 12
#: Differences over all three encoded channels below this show nothing.
LEAST_CONTRAST: Final = 0.10
#: How far around the guess looks, as a Gaussian's sigma.
_SIGMA_PX: Final = 10.0
#: A background this blurred is as well known at a quarter of the size, and wide blurs cost nothing there.
_SHRINK: Final = 4
#: Strays above this share of the contrast could be the product as well as the background.
_MOST_SCATTER: Final = 0.10


@dataclass(frozen=True)
class Backdrop:
    """A background without product.

    Args:
        light: (H, W, 3) float32, linear light.
        scatter: (H, W) float32, how far the background strays from it, in linear light; None = it is known.
    """

    light: NDArray[np.float32]
    scatter: NDArray[np.float32] | None = None


def known_backdrop(image: NDArray[np.uint8]) -> Backdrop:
    """The background as it was before the product was laid over it, shadows included, (H, W, 3) uint8 sRGB."""
    return Backdrop(to_linear(image))


def guess_backdrop(picture: NDArray[np.uint8], coverage: NDArray[np.float32]) -> Backdrop:
    """The background as the surroundings suggest it.

    Args:
        picture: (H, W, 3) uint8 sRGB, the finished picture.
        coverage: (H, W) float32, 0 to 1, the product's true alpha.
    """
    height, width = coverage.shape
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * FREE_PX + 1, 2 * FREE_PX + 1))
    free = (cv2.dilate(coverage, disc) < CLEAR).astype(np.float32)
    shown = to_linear(picture)
    small = (max(1, width // _SHRINK), max(1, height // _SHRINK))
    weight = _shrunk(free, small)
    light = _shrunk(shown * free[..., None], small)
    guess = cv2.resize(_planes(light, weight), (width, height), interpolation=cv2.INTER_LINEAR)
    strayed = (((shown - guess) ** 2).sum(axis=-1) * free).astype(np.float32)
    variance = _blurred(_shrunk(strayed, small)) / np.maximum(_blurred(weight), 1e-9)
    scatter = cv2.resize(np.sqrt(variance), (width, height), interpolation=cv2.INTER_LINEAR)
    return Backdrop(guess.astype(np.float32), scatter.astype(np.float32))


def projected(difference: NDArray[np.float32], line: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many times `line` is in `difference`, over the last axis."""
    return np.asarray((difference * line).sum(-1) / np.maximum((line * line).sum(-1), 1e-6), np.float32)


def distinct(
    own: NDArray[np.float32], behind: NDArray[np.float32], scatter: NDArray[np.float32] | None
) -> NDArray[np.bool_]:
    """Whether product and background can be told apart, over the last axis of linear colours.

    Args:
        own, behind: (..., 3) float32, linear light.
        scatter: (...) float32, see `Backdrop`.
    """
    contrast = np.linalg.norm(encode(own) - encode(behind), axis=-1) >= LEAST_CONTRAST
    if scatter is None:
        return np.asarray(contrast)
    return np.asarray(contrast & (scatter <= _MOST_SCATTER * np.linalg.norm(own - behind, axis=-1)))


def _shrunk(values: NDArray[np.float32], small: tuple[int, int]) -> NDArray[np.float32]:
    """Means over blocks; `small` is (width, height), as OpenCV has it."""
    return np.asarray(cv2.resize(values, small, interpolation=cv2.INTER_AREA), np.float32)


def _blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A Gaussian with faint, wider ones below it, so that there is some weight everywhere."""
    sigma, total = _SIGMA_PX / _SHRINK, np.zeros_like(values)
    for share in (1.0, 1e-3, 1e-6):
        total = total + np.float32(share) * cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        sigma *= 3
    return np.asarray(total, np.float32)


def _planes(light: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Height at each pixel of the plane through weighted (H, W, 3) light around it."""
    rows, columns = (axis.astype(np.float32) for axis in np.mgrid[: weight.shape[0], : weight.shape[1]])
    mass = np.maximum(_blurred(weight), 1e-12)
    # Moments about each pixel's own centre of mass, so that a one-sided neighbourhood is no special case.
    mean_row, mean_column = _blurred(weight * rows) / mass, _blurred(weight * columns) / mass
    rr = _blurred(weight * rows * rows) / mass - mean_row**2
    cc = _blurred(weight * columns * columns) / mass - mean_column**2
    rc = _blurred(weight * rows * columns) / mass - mean_row * mean_column
    mean = _blurred(light) / mass[..., None]
    fr = _blurred(light * rows[..., None]) / mass[..., None] - mean * mean_row[..., None]
    fc = _blurred(light * columns[..., None]) / mass[..., None] - mean * mean_column[..., None]
    ridge = np.float32(0.25)  # of a pixel squared: a neighbourhood on one line has no plane
    rr, cc = rr + ridge, cc + ridge
    determinant = (rr * cc - rc * rc)[..., None]
    slope_row = (fr * cc[..., None] - fc * rc[..., None]) / determinant
    slope_column = (fc * rr[..., None] - fr * rc[..., None]) / determinant
    moved = slope_row * (rows - mean_row)[..., None] + slope_column * (columns - mean_column)[..., None]
    return np.asarray(np.clip(mean + moved, 0, 1), np.float32)
