"""Width of straps, laces and other thin parts: coverage integrated along the normals of their skeleton.

Exact for known coverage, where the usual twice the distance to the edge is off by up to half of a thin strap. On a
finished picture the coverage follows from projecting each pixel on the line between background and product colour.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

from services.common.srgb import to_linear
from services.postprocess.preservation.backdrop import distinct, guess_backdrop, known_backdrop, projected
from services.postprocess.preservation.edge import CLEAR, pixel_at, sample

#: Parts with a smaller inscribed radius count as thin.
THIN_RADIUS_PX: Final = 8.0
#: How far beyond its own edge a part that was drawn too wide is followed.
REACH_PX: Final = 10.0
_STEP_PX: Final = 0.25
#: Skeleton within this distance gives a point's direction.
_NEAR_PX: Final = 6.0
#: More points than this tell nothing new.
_MOST_POINTS: Final = 4000
#: A strap has parallel sides: its radius changes by less than this per px, and the points of its skeleton lie in line.
_MOST_TAPER: Final = 0.25
_LEAST_LINE: Final = 0.9
#: Each width is the mean over this much of the strap's length, which evens out how the grid of pixels cuts its edges.
_LENGTHS_PX: Final = (-1.0, -0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Strap:
    """Points on the skeletons of thin parts, and the line across each.

    Args:
        points: (N, 2) float64, row and column.
        normals: (N, 2) float64 of unit length.
        first_px, last_px: (N,) float64, where along the normal the part's surroundings begin (negative) and end.
        width_px: (N,) float64, the true width.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    first_px: NDArray[np.float64]
    last_px: NDArray[np.float64]
    width_px: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class WidthError:
    """Width seen less width that is true, over all points of thin parts.

    Args:
        median_px, p95_px: Of the absolute error; 0 where the product has no thin part.
        bias_px: Median of the error with its sign, above 0 = too wide.
        worst_px: The largest, with its sign.
        worst_yx: That place in pixels of the arrays; None without a thin part.
        median_width_px: Of the points' true widths, 0 without any.
        points_yx: (N, 2) float64; errors_px, widths_px: (N,) float64.
    """

    median_px: float
    p95_px: float
    bias_px: float
    worst_px: float
    worst_yx: tuple[int, int] | None
    median_width_px: float
    points_yx: NDArray[np.float64]
    errors_px: NDArray[np.float64]
    widths_px: NDArray[np.float64]


def find_straps(coverage: NDArray[np.float32]) -> Strap:
    """Where thin parts can be measured: away from their ends and crossings.

    Args:
        coverage: (H, W) float32, 0 to 1, the true alpha.
    """
    mask = coverage > 0.5
    far = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)
    radius = np.asarray(far, np.float32)[1:-1, 1:-1]
    found = np.argwhere(_skeleton(_thin(mask)) & (radius > 0) & (radius < THIN_RADIUS_PX))
    points, normals = _directed(found.astype(np.float64), radius)
    stride = max(1, len(points) // _MOST_POINTS + (len(points) % _MOST_POINTS > 0))
    points, normals = points[::stride], normals[::stride]
    offsets = _offsets()
    lines = _lines(coverage, points, normals)
    first, last, whole = _bounds(lines, offsets)
    width = _integral(lines, offsets, first, last)
    return Strap(points[whole], normals[whole], first[whole], last[whole], width[whole])


def width_error(straps: Strap, seen: NDArray[np.float32]) -> WidthError:
    """Error of the widths in `seen`, (H, W) float32: an alpha, or what `seen_coverage` reads from a picture.

    Samples that are not a number are unknown, and points with such samples are left out.
    """
    lines = _lines(seen, straps.points, straps.normals)
    errors = _integral(lines, _offsets(), straps.first_px, straps.last_px) - straps.width_px
    known = np.isfinite(errors)
    points, errors, widths = straps.points[known], errors[known], straps.width_px[known]
    if not len(points):
        return WidthError(0.0, 0.0, 0.0, 0.0, None, 0.0, points, errors, widths)
    worst = int(np.argmax(np.abs(errors)))
    return WidthError(
        median_px=float(np.median(np.abs(errors))),
        p95_px=float(np.percentile(np.abs(errors), 95)),
        bias_px=float(np.median(errors)),
        worst_px=float(errors[worst]),
        worst_yx=pixel_at(points[worst]),
        median_width_px=float(np.median(widths)),
        points_yx=points,
        errors_px=errors,
        widths_px=widths,
    )


def seen_coverage(
    picture: NDArray[np.uint8],
    coverage: NDArray[np.float32],
    color: NDArray[np.uint8],
    backdrop: NDArray[np.uint8] | None = None,
) -> NDArray[np.float32]:
    """The product's coverage as a picture shows it, near the product's edge, in linear light.

    Args:
        picture: (H, W, 3) uint8 sRGB, the finished picture.
        coverage: (H, W) float32, 0 to 1, the true alpha: it tells where to look for either colour.
        color: (H, W, 3) uint8 sRGB, straight, the product's colour where coverage is above 0.
        backdrop: (H, W, 3) uint8 sRGB, the background without product; None = taken from beyond the edge.

    Returns:
        (H, W) float32, 0 to 1; not a number where product and background look alike.
    """
    behind = guess_backdrop(picture, coverage) if backdrop is None else known_backdrop(backdrop)
    own = _spread(to_linear(color), (coverage > CLEAR).astype(np.float32))
    mixed = projected(to_linear(picture) - behind.light, own - behind.light)
    told = distinct(own, behind.light, behind.scatter)
    return np.where(told, np.clip(mixed, 0, 1), np.float32(np.nan)).astype(np.float32)


def _skeleton(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(skeletonize(mask))  # type: ignore[no-untyped-call] # scikit-image has no types


def _thin(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What an opening by a disc of the largest thin radius takes away, with its roots."""
    side = 2 * int(THIN_RADIUS_PX) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    padded = np.pad(mask.astype(np.uint8), side)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc)[side:-side, side:-side]
    return np.asarray(mask & (cv2.erode(opened, np.ones((5, 5), np.uint8)) == 0))


def _directed(
    points: NDArray[np.float64], radius: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points whose neighbours lie in line with about the same radius, and the normal at each."""
    if len(points) < 3:
        return points[:0], points[:0]
    tree = cKDTree(points)
    count = min(len(points), 2 * round(_NEAR_PX) + 1)
    distances, nearest = tree.query(points, k=count, distance_upper_bound=_NEAR_PX)
    weights = np.isfinite(distances).astype(np.float64)
    around = np.append(points, [[0.0, 0.0]], axis=0)[nearest] * weights[..., None]
    total = weights.sum(axis=1)
    middle = around.sum(axis=1) / total[:, None]
    moved = (around - middle[:, None]) * weights[..., None]
    spread = np.einsum("nki,nkj->nij", moved, moved) / total[:, None, None]
    sizes, axes = np.linalg.eigh(spread)
    tangents, normals = axes[:, :, 1], axes[:, :, 0]
    along = np.einsum("nki,ni->nk", moved, tangents)
    radii = np.append(radius[tuple(points.astype(int).T)], 0)[nearest]
    mean_radius = (radii * weights).sum(axis=1) / total
    taper = (along * (radii - mean_radius[:, None]) * weights).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    in_line = sizes[:, 0] < (1 - _LEAST_LINE) * sizes[:, 1]
    good = in_line & (np.abs(taper) < _MOST_TAPER) & (total >= 5)
    return middle[good], normals[good]


def _offsets() -> NDArray[np.float64]:
    reach = 2 * THIN_RADIUS_PX + REACH_PX
    return np.arange(-reach, reach + _STEP_PX / 2, _STEP_PX)


def _lines(
    array: NDArray[np.float32], points: NDArray[np.float64], normals: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(N, K) samples of an (H, W) array along the normals, each the mean over a short length of strap."""
    total = np.zeros((len(points), len(_offsets())), np.float32)
    for length in _LENGTHS_PX:
        beside = points + length * normals[:, ::-1] * np.array([-1.0, 1.0])
        total += sample(array, beside[:, None] + normals[:, None] * _offsets()[None, :, None])
    return total / np.float32(len(_LENGTHS_PX))


def _bounds(
    lines: NDArray[np.float32], offsets: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Where (N, K) lines leave the part on both sides and reach the surroundings' end, and whether both are found."""
    middle = len(offsets) // 2
    below, below_found = _one_side(lines[:, middle::-1])
    above, above_found = _one_side(lines[:, middle:])
    return -below, above, below_found & above_found & (lines[:, middle] > 0.5)


def _one_side(lines: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far to integrate outwards: `REACH_PX` past the edge, or half way to the next part."""
    free = lines < CLEAR
    found = free.any(axis=1)
    leaves = np.argmax(free, axis=1)
    index = np.arange(lines.shape[1])
    again = (index > leaves[:, None]) & ~free
    next_part = np.where(again.any(axis=1), np.argmax(again, axis=1), lines.shape[1] + leaves)
    halfway = (leaves + next_part) / 2
    return np.minimum(leaves + REACH_PX / _STEP_PX, halfway) * _STEP_PX, found & (
        leaves * _STEP_PX < 1.5 * THIN_RADIUS_PX
    )


def _integral(
    lines: NDArray[np.float32], offsets: NDArray[np.float64], first: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) sums of (N, K) lines between two offsets each; not a number where a sample in between is none."""
    inside = (offsets >= first[:, None]) & (offsets <= last[:, None])
    return np.asarray(np.where(inside, lines, 0).sum(axis=1) * _STEP_PX, np.float64)


def _spread(color: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour where it is known, and what is nearest to it elsewhere, as far as a line across reaches."""
    light = color * known[..., None]
    result, filled = light.copy(), known > 0
    for sigma in (1.0, 3.0, 6.0):
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        fresh = ~filled & (weight > 1e-3)
        result[fresh] = cv2.GaussianBlur(light, (0, 0), sigma)[fresh] / weight[fresh][:, None]
        filled |= fresh
    return result
