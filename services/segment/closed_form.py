"""Closed-form matting on the few pixels that are unknown."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import reverse_cuthill_mckee

from services.common.deadline import Deadline
from services.common.logs import logger
from services.segment.compiled import load_part

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: A window of the matting Laplacian is 3 x 3, so a pixel shares windows with all within this distance.
_REACH = 2
_NEIGHBOURS = (2 * _REACH + 1) ** 2
#: Side of the squares the Laplacian is built in; those without unknown pixels cost nothing.
_TILE = 64
#: Parts solved side by side are this much larger than what is taken of them. Alpha is held on both sides of a band, so
#: an error at its cut end is gone after a few times the band's width.
_OVERLAP = 32
#: Entries of the incomplete factor below this are dropped.
_DROP = 1e-4
_TOLERANCE = 1e-5
_MAX_STEPS = 200
#: Length of the residual that counts as none: where the right side is zero, nothing is small against it.
_LEAST = 1e-9
#: Entries of the factor per unknown pixel at most; 18 are usual.
_MAX_FILL = 400


@dataclass(frozen=True)
class Solved:
    """What was found.

    Args:
        alpha: (H, W) float32 in [0, 1]; the given alpha, to the bit, where it was known.
        unsolved: (H, W) bool, unknown pixels for which no solution was found in the steps allowed; alpha is the
            guess there.
    """

    alpha: Array
    unsolved: Mask


class ClosedForm:
    """Levin, Lischinski & Weiss, "A Closed-Form Solution to Natural Image Matting" (TPAMI 2008), by PyMatting's parts.

    PyMatting's own `estimate_alpha_cf` builds the Laplacian for every pixel (400 bytes each, 2.4 GB for 6 megapixels).
    Here its kernels work on the squares that hold unknown pixels, and the system has no other rows: 45 000 unknown
    pixels of a photo of 2 megapixels take 0.17 s of a core instead of 1.1 (AMD EPYC, medians of 3).

    Args:
        threads: Compute threads.
        compiled_dir: For compiled code; see `load_part`.
    """

    def __init__(self, threads: int, compiled_dir: Path) -> None:
        self._laplacian = load_part("laplacian.cf_laplacian", compiled_dir)._cf_laplacian
        self._factorise = load_part("preconditioner.ichol", compiled_dir).ichol
        self._descend = load_part("solver.cg", compiled_dir).cg
        self._threads = threads

    def run(
        self, colours: Array, alpha: Array, unknown: Mask, pull: Array, epsilon: float, deadline: Deadline | None = None
    ) -> Solved:
        """Find alpha where it is unknown, so that in every 3 x 3 window it is a linear function of colour.

        Args:
            colours: (H, W, 3) float32 in [0, 1], in the light space in which product and background were mixed.
            alpha: (H, W) float32 in [0, 1]: what is known, and a guess elsewhere.
            unknown: (H, W) bool.
            pull: (H, W) float32, how much the guess counts; the smoothness of one pixel counts 1.
            epsilon: Variance of colour, in [0, 1] squared, below which a window counts as flat.
            deadline: Looked at before every part and step of the solver; None = there is no hurry.

        Raises:
            Cancelled, DeadlineExceeded: Alpha is no longer wanted.
        """
        found, unsolved = alpha.copy(), np.zeros(unknown.shape, bool)
        wanted = deadline or Deadline()
        cuts = _cuts(unknown, self._threads)

        def part(k: int) -> None:
            begin, end = cuts[k], cuts[k + 1]
            rows = slice(max(0, begin - _OVERLAP), min(len(alpha), end + _OVERLAP))
            wanted.check()
            solved = self._solve(colours[rows], alpha[rows], unknown[rows], pull[rows], epsilon, wanted)
            inner = slice(begin - rows.start, end - rows.start)
            if solved is None:
                unsolved[begin:end] = unknown[begin:end]
            else:
                found[begin:end] = solved[inner]

        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(part, range(len(cuts) - 1)))
        return Solved(found, unsolved)

    def _solve(
        self, colours: Array, alpha: Array, unknown: Mask, pull: Array, epsilon: float, deadline: Deadline
    ) -> Array | None:
        """Alpha of one part; None where there is no solution in the steps allowed."""
        count = int(unknown.sum())
        solved = alpha.copy()
        if count == 0:
            return solved
        matrix, right = self._system(colours, alpha, unknown, epsilon, deadline)
        weight, guess = pull[unknown].astype(np.float64), alpha[unknown].astype(np.float64)
        matrix.setdiag(matrix.diagonal() + weight)
        right += weight * guess
        # A band is long and thin: numbered along it, the factor has a quarter fewer entries.
        order = reverse_cuthill_mckee(matrix, symmetric_mode=True)
        matrix, right = matrix[order][:, order], right[order]
        deadline.check()
        found = np.empty(count)
        try:
            factor = self._factorise(matrix, discard_threshold=_DROP, max_nnz=_MAX_FILL * count + 10_000)
            found[order] = self._descend(
                matrix, right, x0=guess[order], atol=_LEAST, M=factor, rtol=_TOLERANCE, maxiter=_MAX_STEPS,
                callback=lambda *_: deadline.check(),
            )  # fmt: skip
        except (ValueError, ZeroDivisionError) as error:
            logger().warning("closed-form matting found no solution", unknown=count, error=str(error))
            return None
        if not np.isfinite(found).all():
            return None
        solved[unknown] = np.clip(found, 0, 1)
        return solved

    def _system(
        self, colours: Array, alpha: Array, unknown: Mask, epsilon: float, deadline: Deadline
    ) -> tuple[sparse.csc_matrix, NDArray[np.float64]]:
        """The Laplacian's rows and columns of unknown pixels, and what the known ones add to the right side."""
        count = int(unknown.sum())
        order = np.full(unknown.shape, -1, np.int64)
        order[unknown] = np.arange(count)
        right = np.zeros(count)
        entries: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        for tile in _tiles(unknown):
            deadline.check()
            rows, columns, values, known = self._rows(colours, alpha, unknown, order, tile, epsilon)
            right[rows] = -known
            inside = (columns >= 0) & (values != 0)
            entries.append((np.broadcast_to(rows[:, None], columns.shape)[inside], columns[inside], values[inside]))
        row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
        # The Laplacian is symmetric, so rows may stand for columns.
        return sparse.csc_matrix((value, (column, row)), (count, count)), right

    def _rows(
        self, colours: Array, alpha: Array, unknown: Mask, order: NDArray[np.int64], tile: tuple[slice, slice],
        epsilon: float,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
        """One tile's rows: numbers (n,), columns (n, 25) or -1, values (n, 25), and the known pixels' sum (n,)."""
        wide = (_widened(tile[0], unknown.shape[0]), _widened(tile[1], unknown.shape[1]))
        area = np.ascontiguousarray(colours[wide], dtype=np.float64)
        height, width = area.shape[:2]
        pixels = height * width
        values = np.zeros((pixels, 2 * _REACH + 1, 2 * _REACH + 1))
        indices, starts = np.zeros(pixels * _NEIGHBOURS, np.int64), np.zeros(pixels + 1, np.int64)
        self._laplacian(area, epsilon, 1, values, indices, starts, np.ascontiguousarray(~unknown[wide]))
        own = np.zeros((height, width), bool)
        inner = tuple(slice(t.start - w.start, t.stop - w.start) for t, w in zip(tile, wide, strict=True))
        own[inner] = unknown[tile]
        chosen = np.flatnonzero(own)
        numbers = order[wide].ravel()
        neighbours = indices.reshape(pixels, _NEIGHBOURS)[chosen]
        weights = values.reshape(pixels, _NEIGHBOURS)[chosen]
        columns = numbers[neighbours]
        known = np.where(columns < 0, weights * alpha[wide].ravel()[neighbours], 0).sum(axis=1)
        return numbers[chosen], columns, weights, known


def _cuts(unknown: Mask, parts: int) -> list[int]:
    """Rows that cut the picture into parts of as many unknown pixels, none thinner than twice the overlap."""
    below = np.cumsum(unknown.sum(axis=1))
    cuts = [0]
    for k in range(1, parts):
        row = int(np.searchsorted(below, below[-1] * k / parts))
        if row - cuts[-1] >= 2 * _OVERLAP and len(unknown) - row >= 2 * _OVERLAP:
            cuts.append(row)
    return [*cuts, len(unknown)]


def _tiles(unknown: Mask) -> list[tuple[slice, slice]]:
    height, width = unknown.shape
    tiles = []
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = (slice(top, min(height, top + _TILE)), slice(left, min(width, left + _TILE)))
            if unknown[tile].any():
                tiles.append(tile)
    return tiles


def _widened(span: slice, limit: int) -> slice:
    return slice(max(0, span.start - _REACH), min(limit, span.stop + _REACH))
