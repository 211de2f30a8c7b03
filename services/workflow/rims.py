"""Round goods: their upright axis, and the circles that they end in above and below.

A turned body is seen symmetric about its axis, and its foot and its rim as ellipses, of which the outline shows the
lower half of one and the upper half of the other. How flat they are tells the pitch, the axis tells the roll, and how
much flatter one is than the other the focal length.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.workflow.lens import Lens, Points

Array = NDArray[np.float32]

#: Of all rows, how many have to lie even about the axis. Handles and spouts don't.
_LEAST_EVEN: Final = 0.35
#: The axis is looked for with the product this small, first leaning by these, then in finer steps; a row belongs to it
#: within a standard deviation.
_COARSE_PX: Final = 128
_LEANS: Final = np.radians(np.arange(-24.0, 25.0, 3.0))
_STEP: Final = math.radians(0.8)
_INSIDE: Final = math.exp(-0.5)
#: How well the axis is known, in radians: at best, and with only some rows even.
_AXIS: Final = math.radians(0.5)
_UNEVEN: Final = math.radians(20.0)
#: Ends of the outline that are tried for half an ellipse: so many, down to this share of the product's height.
_ENDS: Final = 20
_DEEPEST: Final = 0.62
_LEAST_POINTS: Final = 16
#: Of an ellipse's width an end has to show this share at least.
_SPANNED: Final = 0.8
#: A foot is no narrower than this share of the body.
_LEAST_FOOT: Final = 0.4
#: The wider of both is at least this share of it.
_WIDEST: Final = 0.5
_ASIDE: Final = 0.015
#: Rounder ones are the outline of a ball rather than a circle; flatter ones as well an edge of a box.
_ROUNDEST: Final = 0.93
_FLATTEST: Final = 0.07
#: The near half of a rim stands out by this factor.
_NEAR_SEEN: Final = 1.5


@dataclass(frozen=True, eq=False)
class Rim:
    """Half an ellipse of the outline.

    Args:
        centre: (2,) in the photo, see `Lens`.
        half_width: Its extent across the axis, in photo diagonals.
        flatness: Its extent along the axis over that; below 0 where it is seen from below.
        spread: Standard deviation of the flatness.
        whole: Whether it is the foot, or its near half is seen too.
    """

    centre: Points
    half_width: float
    flatness: float
    spread: float
    whole: bool


@dataclass(frozen=True, eq=False)
class Rims:
    """What is round about a product.

    Args:
        axis: (2,) unit vector up along the axis, in the photo.
        middle: (2,) a point on the axis in the middle of the product.
        even: Share of the rows that are symmetric about it.
        askew: By how much, in radians, the wider rim lies across it askew.
        rims: One or two.
    """

    axis: Points
    middle: Points
    even: float
    askew: float
    rims: tuple[Rim, ...]

    @classmethod
    def of(cls, coverage: Array, grey: NDArray[np.uint8], origin: Points, per_px: float) -> Self | None:
        """What a product shows, or None where it does not look turned.

        Args:
            coverage: (h, w) float32, 0 to 1, around the product.
            grey: (h, w) uint8, the product alone.
            origin: (2,) where the array's outer corner lies in the photo.
            per_px: Photo diagonals per pixel of the array.
        """
        body = _Upright.of(coverage)
        if body is None:
            return None
        rims, askew = [], []
        for below in (True, False):
            arc = _Arc.of(body.end(below=below), body.middle)
            if arc is None or (below and arc.extents[0] < _LEAST_FOOT * body.half_width):
                continue
            whole = below or arc.near_half(_turned(grey.astype(np.float32), body.lean)) > _NEAR_SEEN
            across, along = arc.extents
            place = origin + per_px * body.place(arc.centre)
            askew.append(arc.askew)
            # The smaller a part of the product, the less it need have the same axis.
            spread = math.hypot(arc.spread, _ASIDE * max(0.0, body.half_width / across - 1))
            rims.append(Rim(place, per_px * across, (along if whole else -along) / across, spread, whole))
        if not any(abs(rim.flatness) > _FLATTEST for rim in rims):
            return None
        if max(rim.half_width for rim in rims) < _WIDEST * per_px * body.half_width:
            return None
        widest = max(range(len(rims)), key=lambda at: rims[at].half_width)
        up = np.array([math.sin(body.lean), -math.cos(body.lean)])
        middle = np.array([body.middle, body.coverage.shape[0] / 2])
        return cls(up, origin + per_px * body.place(middle), body.even, askew[widest], tuple(rims))

    def misses(self, lens: Lens) -> Points:
        """(R + 1,) how far the rims and the axis are from what a lens would show, in standard deviations."""
        seen = [(rim.flatness - lens.flatness(rim.centre, rim.half_width, self.axis)) / rim.spread for rim in self.rims]
        upward = lens.toward(self.middle[None], lens.up[None])[0, 0]
        # Upward lines meet above a camera that looks up, below one that looks down: only their slope counts.
        turn = self.axis[0] * upward[1] - self.axis[1] * upward[0]
        return np.array([*seen, turn / (_AXIS + _UNEVEN * (1 - self.even) ** 2 + self.askew)])


@dataclass(frozen=True)
class _Upright:
    """A product's coverage, turned until its axis is a column.

    Args:
        coverage: (h, w) float32.
        lean: By how much its axis leant to the right, in radians.
        centre: (2,) of the array that it was turned from.
        middle: Column of the axis.
        half_width: Of the body, without handles, in pixels.
        even: Share of the rows that are symmetric.
    """

    coverage: Array
    lean: float
    centre: Points
    middle: float
    half_width: float
    even: float

    @classmethod
    def of(cls, coverage: Array) -> Self | None:
        turned = _turned(coverage, lean := _lean(coverage))
        first, last, rows = _crossings(turned)
        if len(rows) < _LEAST_POINTS:
            return None
        middles = (first + last) / 2
        near = _near(middles, 0.7 + 0.006 * float((last - first).max())) > _INSIDE
        near = near[:, near.sum(axis=0).argmax()]
        even, middle = float(near.mean()), float(middles[near].mean())
        if even < _LEAST_EVEN:
            return None
        centre = np.array([coverage.shape[1] / 2, coverage.shape[0] / 2])
        widths = np.minimum(middle - first, last - middle)
        return cls(turned, lean, centre, middle, float(np.percentile(widths, 98)), even)

    def end(self, *, below: bool) -> Points:
        """(N, 2) columns and rows of the outline, from its lower or upper end on.

        Every column's end is there, and of the rows those whose sides are steep.
        """
        first, last, columns = _crossings(self.coverage.T)
        left, right, rows = _crossings(self.coverage)
        across = np.concatenate([columns, left, right])
        down = np.concatenate([last if below else first, rows, rows])
        order = np.argsort(-down if below else down)
        return np.stack([across, down], axis=1)[order]

    def place(self, point: Points) -> Points:
        """(2,) where a (column, row) lies in the array that this was turned from."""
        sine, cosine = math.sin(self.lean), math.cos(self.lean)
        x, y = point[0] - self.coverage.shape[1] / 2, point[1] - self.coverage.shape[0] / 2
        return np.asarray(self.centre + np.array([cosine * x - sine * y, sine * x + cosine * y]))


def _turned(coverage: Array, lean: float) -> Array:
    """Turned to the left by `lean` about its middle, in an array with room for that."""
    (height, width), sine, cosine = coverage.shape, math.sin(lean), math.cos(lean)
    rows = math.ceil(height * cosine + width * abs(sine)) + 4
    columns = math.ceil(width * cosine + height * abs(sine)) + 4
    matrix = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])
    # Indices are half a pixel less than coordinates.
    matrix[:, 2] = np.array([width - 1, height - 1]) / 2 - matrix[:, :2] @ (np.array([columns - 1, rows - 1]) / 2)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(coverage, matrix, (columns, rows), flags=flags), np.float32)


def _crossings(coverage: Array) -> tuple[Points, Points, Points]:
    """Where rows enter and leave the product, to parts of a pixel, and which rows (their middles) those are."""
    mask = coverage > 0.5
    rows = np.flatnonzero(mask.any(axis=1))
    inside, width = mask[rows], coverage.shape[1]
    first = inside.argmax(axis=1)
    last = width - 1 - inside[:, ::-1].argmax(axis=1)
    within, at = coverage[rows], np.arange(len(rows))
    padded = np.pad(within, ((0, 0), (1, 1)))

    def beyond(column: NDArray[np.intp], step: int) -> Points:
        held, other = padded[at, column + 1], padded[at, column + 1 + step]
        return np.asarray((held - 0.5) / np.maximum(held - other, 1e-6), np.float64)

    middles = np.asarray(rows + 0.5, np.float64)
    return first + 0.5 - beyond(first, -1), last + 0.5 + beyond(last, 1), middles


def _near(middles: Points, tolerance: float) -> Points:
    """(N, M) how near the middles are to every fourth of them, 1 to 0, as a bell."""
    return np.asarray(np.exp(-0.5 * ((middles[:, None] - middles[::4]) / tolerance) ** 2))


def _lean(coverage: Array) -> float:
    """By how much a product has to be turned to the left, in radians, for most rows to have one middle."""
    scale = min(1.0, _COARSE_PX / max(coverage.shape))
    size_wh = max(8, round(scale * coverage.shape[1])), max(8, round(scale * coverage.shape[0]))
    small = np.asarray(cv2.resize(coverage, size_wh, interpolation=cv2.INTER_AREA), np.float32)

    def even(lean: float) -> float:
        first, last, rows = _crossings(_turned(small, lean))
        if len(rows) == 0:
            return 0.0
        bell = _near((first + last) / 2, 0.4 + 0.01 * float((last - first).max()))
        return float(bell.sum(axis=0).max() / len(rows))

    found = max(_LEANS, key=even)
    steps = found + _STEP * np.arange(-3, 4)
    scores = np.array([even(float(step)) for step in steps])
    at = min(max(int(scores.argmax()), 1), len(steps) - 2)
    low, best, high = scores[at - 1 : at + 2]
    bend = low - 2 * best + high
    return float(steps[at] + (0.5 * _STEP * (low - high) / bend if bend < 0 else 0.0))


@dataclass(frozen=True, eq=False)
class _Arc:
    """An ellipse of which an end of the outline shows about half.

    Args:
        centre: (2,) column and row.
        half_axes: (2,) half lengths of its axes.
        turn: Of the first axis from the columns', in radians.
        miss: How well the outline follows it, in pixels.
        inward: 1 where it is the outline's upper end, -1 where it is the lower.
    """

    centre: Points
    half_axes: Points
    turn: float
    miss: float
    inward: int

    @classmethod
    def of(cls, outline: Points, middle: float) -> Self | None:
        """The one that as much of an end follows as follows any that well.

        Args:
            outline: (N, 2) from the end on, see `_Upright.end`.
            middle: The axis' column.
        """
        depths = np.abs(outline[:, 1] - outline[0, 1])
        found = []
        for depth in np.geomspace(_DEEPEST * depths[-1], 1.5, _ENDS):
            arc = cls._fitted(outline[: int(np.searchsorted(depths, depth))], middle)
            if arc is not None:
                found.append(arc)
        if not found:
            return None
        least = min(arc.miss for arc in found)
        arc = next(arc for arc in found if arc.miss <= 0.12 + 1.4 * least)
        across, along = arc.extents
        return arc if along < _ROUNDEST * across else None

    @classmethod
    def _fitted(cls, points: Points, middle: float) -> Self | None:
        if len(points) < _LEAST_POINTS:
            return None
        centre, axes, turn = cv2.fitEllipseDirect(points.astype(np.float32))
        if not all(map(math.isfinite, (*centre, *axes, turn))) or min(axes) < 0.2:
            return None
        inward = 1 if points[-1, 1] > points[0, 1] else -1
        arc = cls(np.array(centre), np.array(axes) / 2, math.radians(turn), 0.0, inward)
        across, along = arc.extents
        if abs(centre[0] - middle) > 0.12 * across or np.ptp(points[:, 0]) < _SPANNED * 2 * across:
            return None
        # Of an ellipse whose other half is the end, the outline would be hollow.
        if inward * (centre[1] - points[0, 1]) < 0.7 * along:
            return None
        miss = float(np.percentile(arc.off(points), 90))
        return replace(arc, miss=miss) if miss < 0.4 + 0.008 * across else None

    @property
    def extents(self) -> tuple[float, float]:
        """Half its width across the axis, and along it."""
        sine, cosine = math.sin(self.turn), math.cos(self.turn)
        one, other = (float(each) for each in self.half_axes)
        return math.hypot(one * cosine, other * sine), math.hypot(one * sine, other * cosine)

    @property
    def askew(self) -> float:
        """By how much its longer axis is turned from lying across, in radians; less where it is nearly round."""
        long, short = float(self.half_axes.max()), float(self.half_axes.min())
        turn = self.turn + (0.0 if self.half_axes[0] >= self.half_axes[1] else math.pi / 2)
        return abs((turn + math.pi / 2) % math.pi - math.pi / 2) * (1 - (short / long) ** 2)

    @property
    def spread(self) -> float:
        """Standard deviation of the flatness."""
        across, along = self.extents
        return math.hypot((0.3 + self.miss) / across, 0.01 + 0.02 * along / across)

    def off(self, points: Points) -> Points:
        """(N,) about how far points lie off it, in pixels (Sampson's distance)."""
        sine, cosine = math.sin(self.turn), math.cos(self.turn)
        own = (points - self.centre) @ np.array([[cosine, -sine], [sine, cosine]]) / self.half_axes
        rise = np.linalg.norm(own / self.half_axes, axis=1)
        return np.asarray(np.abs((own**2).sum(axis=1) - 1) / np.maximum(2 * rise, 1e-9))

    def near_half(self, grey: Array) -> float:
        """How much stronger an edge the half that the outline does not show is than what lies above and below it.

        Args:
            grey: (h, w) float32, the upright product.
        """
        sine, cosine = math.sin(self.turn), math.cos(self.turn)
        angles = np.linspace(0, 2 * math.pi, 240)
        own = np.stack([np.cos(angles), np.sin(angles)], axis=1) * self.half_axes
        points = own @ np.array([[cosine, sine], [-sine, cosine]])
        half = points[(self.inward * points[:, 1] > 0) & (np.abs(points[:, 0]) < 0.75 * self.extents[0])] + self.centre
        offsets = np.arange(-6.0, 7.0)
        rows = (half[:, 1] + offsets[:, None] - 0.5).astype(np.float32)
        columns = np.broadcast_to(half[:, 0] - 0.5, rows.shape).astype(np.float32)
        seen = cv2.remap(grey, columns, rows, cv2.INTER_LINEAR)
        # An edge has the same sign all along, print has not.
        steps = np.abs(np.diff(seen, axis=0).mean(axis=1))
        return float(steps[4:8].max() / (1.0 + np.concatenate([steps[:2], steps[-2:]]).max()))
