"""Pitch, roll and focal length of a photo's camera, from the shape of what stands in it.

Rims and axis of round goods (`rims.py`) or the edges of boxes (`parallels.py`) are fitted by least squares together
with what is usual (a camera held level, a normal lens) or what the file says; the fit's own covariance says how sure
the result is. Where a photo shows nothing, what is usual comes out, and the confidence is low.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from services.common.camera import FULL_FRAME_MM
from services.workflow.lens import Lens, Points
from services.workflow.parallels import Parallels
from services.workflow.rims import Rim, Rims

#: What is usual: focal length on a frame of 36 x 24 mm with its spread as a logarithm, and the spread of rolls.
USUAL_FOCAL_MM: Final = 50.0
_FOCAL_SPREAD: Final = 0.5
_ROLL_SPREAD: Final = math.radians(4.0)
_PITCH_SPREAD: Final = math.radians(40.0)
_USUAL_PITCH: Final = math.radians(30.0)
#: A file's own focal length is off where somebody cut the photo.
_TOLD_SPREAD: Final = 0.12
#: What counts as right.
RIGHT_PITCH_DEG: Final = 15.0
RIGHT_ROLL_DEG: Final = 2.0
RIGHT_FOCAL: Final = math.log(1.25)
#: Errors are larger than measurements alone explain.
_MODEL: Final = 1.5
#: Shares between which a product goes from surely not to surely round, by its even rows, or a box, by its edges.
_EVEN: Final = (0.3, 0.6)
_EXPLAINED: Final = (0.35, 0.7)
#: Numbers of edges between which four unknowns go from just explained to confirmed.
_ENOUGH: Final = (3.0, 7.0)
#: Of which edges the coarse look has to explain about this share.
_AGREED: Final = 0.5
#: A direction is one with this share of all edges' length.
_LEAST_SHARE: Final = 0.05
#: How far edges may be off, in radians, before the fit and after it.
_SLACKS: Final = (math.radians(3.0), math.radians(1.0), math.radians(0.3))
#: What leaving a rim out costs, in squared standard deviations, and twice that where all of it is seen.
_LEFT_OUT: Final = 6.0
#: The same for a rim that is seen from above though its near half does not show.
_UNSEEN: Final = 2.0
_HALF: Final = 32767
#: The product's longer side, in pixels, that it is looked at in.
_LOOK_PX: Final = 320
_MARGIN: Final = 0.06


@dataclass(frozen=True)
class Perspective:
    """How a photo's camera saw.

    Args:
        pitch_deg: How far it looked down.
        roll_deg: How far it was turned clockwise, as seen from behind it.
        focal_mm: Its focal length on a frame of 36 x 24 mm with the same diagonal.
        pitch_confidence, roll_confidence, focal_confidence: 0 to 1, that each is right: within 15 degrees, 2 degrees,
            and a quarter.
    """

    pitch_deg: float
    roll_deg: float
    focal_mm: float
    pitch_confidence: float
    roll_confidence: float
    focal_confidence: float


def find_perspective(
    image: NDArray[np.uint8], alpha: NDArray[np.uint16], told_mm: float | None = None
) -> Perspective | None:
    """Read a photo of something that stands; None where nothing about it is round or straight enough.

    Args:
        image: (H, W, 3) uint8 sRGB.
        alpha: (h, w) uint16 over the whole photo, at any size.
        told_mm: The focal length that the photo's file tells.
    """
    look = _Look.of(image, alpha)
    if look is None:
        return None
    usual = math.log((told_mm or USUAL_FOCAL_MM) / FULL_FRAME_MM), _TOLD_SPREAD if told_mm else _FOCAL_SPREAD
    grey = look.grey()
    rims = Rims.of(look.coverage, grey, look.origin, look.per_px)
    if rims is not None:
        return _of_rims(rims, usual)
    edges = Parallels.of(grey, look.origin, look.per_px)
    return None if edges is None else _of_edges(edges, usual)


def _of_rims(rims: Rims, usual: tuple[float, float]) -> Perspective:
    """What a round good tells.

    A dome or a round bottom is no rim: what the other contradicts is left out. Where that is in doubt, or from which
    side a rim is seen, so is the answer.
    """
    lean = math.atan2(-rims.axis[0], -rims.axis[1])
    costs, fits = [], []
    for kept, penalty in _parts(rims.rims):
        start = np.array([math.asin(max(0.05, *(rim.flatness for rim in kept))), lean, usual[0]])
        fit = _Fit.of(_missed_by(replace(rims, rims=kept)), start, usual)
        costs.append(penalty + fit.cost)
        fits.append(fit)
    best = fits[int(np.argmin(costs))]
    weights = np.exp(-0.5 * (np.array(costs) - min(costs)))
    apart = np.stack([fit.spreads**2 + (fit.state - best.state) ** 2 for fit in fits])
    best = replace(best, spreads=np.sqrt(weights @ apart / weights.sum()))
    return best.told(_ramp(rims.even, _EVEN))


def _parts(rims: tuple[Rim, ...]) -> list[tuple[tuple[Rim, ...], float]]:
    """What the rims may be, each with what that costs."""
    parts = [(rims, 0.0)]
    above = tuple(replace(rim, flatness=abs(rim.flatness)) for rim in rims)
    if any(rim.flatness < 0 for rim in rims):
        parts.append((above, _UNSEEN))
    widest = max(rim.half_width for rim in rims)
    if len(rims) > 1:
        for rim, other in (above, above[::-1]):
            parts.append(((rim,), _LEFT_OUT * (1 + other.whole) * other.half_width / widest))
    return parts


def _missed_by(rims: Rims) -> Callable[[Points], Points]:
    return lambda state: rims.misses(_lens(state))


def _of_edges(edges: Parallels, usual: tuple[float, float]) -> Perspective | None:
    """What a box tells, or None where it is none."""

    def misses(state: Points) -> Points:
        return edges.misses(_lens(state), state[3])

    lens, yaw, agreed = edges.guess(math.exp(usual[0]))
    if agreed < _AGREED:
        return None
    state = np.array([lens.pitch, lens.roll, math.log(lens.focal), yaw])
    for slack in _SLACKS:
        edges = edges.sorted_by(_lens(state), state[3], slack)
        shares = [edges.share(kind) for kind in range(3)]
        if sum(share > _LEAST_SHARE for share in shares) < 2:
            return None
        found = _Fit.of(misses, state, usual)
        state = found.state
    return found.told(_ramp(sum(shares), _EXPLAINED) * _ramp(int((edges.kinds >= 0).sum()), _ENOUGH))


def _lens(state: Points) -> Lens:
    return Lens(float(state[0]), float(state[1]), math.exp(min(3.0, max(-3.0, float(state[2])))))


@dataclass(frozen=True)
class _Fit:
    """The most likely pitch, roll and logarithm of the focal length, with what else was fitted.

    Args:
        state: (3 or more,) in radians and photo diagonals.
        spreads: (3,) standard deviations of the first three.
        cost: Sum of the squared misses.
    """

    state: Points
    spreads: Points
    cost: float

    @classmethod
    def of(cls, misses: Callable[[Points], Points], start: Points, usual: tuple[float, float]) -> Self:
        """Fit measurements and what is usual.

        Args:
            misses: From a state to (M,) how far the measurements are off, in standard deviations.
            start: The first guess.
            usual: The logarithm of the focal length, and its spread.
        """

        def off(state: Points) -> Points:
            held = (state[0] - _USUAL_PITCH) / _PITCH_SPREAD, state[1] / _ROLL_SPREAD, (state[2] - usual[0]) / usual[1]
            return np.concatenate([misses(state), held])

        found = least_squares(off, start, method="lm", max_nfev=60)
        missed = found.fun[:-3]
        freedom = max(1, len(missed) + 3 - len(start))
        excess = max(1.0, float(missed @ missed) / freedom)
        spreads = np.sqrt(np.diag(np.linalg.pinv(found.jac.T @ found.jac)) * excess)[:3]
        return cls(found.x, _MODEL * spreads, 2 * float(found.cost))

    def told(self, trust: float) -> Perspective:
        """In degrees and millimetres.

        Args:
            trust: That what was measured is what it was taken for, 0 to 1.
        """
        right = math.radians(RIGHT_PITCH_DEG), math.radians(RIGHT_ROLL_DEG), RIGHT_FOCAL
        sure = [
            trust * math.erf(within / (math.sqrt(2) * max(float(spread), 1e-6)))
            for within, spread in zip(right, self.spreads, strict=True)
        ]
        pitch, roll = math.degrees(self.state[0]), math.degrees(self.state[1])
        return Perspective(min(90.0, max(0.0, pitch)), roll, FULL_FRAME_MM * _lens(self.state).focal, *sure)


@dataclass(frozen=True)
class _Look:
    """The product, cut out of its photo and made small.

    Args:
        image: (h, w, 3) uint8 sRGB.
        coverage: (h, w) float32, 0 to 1.
        origin: (2,) of its outer corner in the photo, see `Lens`.
        per_px: Photo diagonals per pixel.
    """

    image: NDArray[np.uint8]
    coverage: NDArray[np.float32]
    origin: Points
    per_px: float

    @classmethod
    def of(cls, image: NDArray[np.uint8], alpha: NDArray[np.uint16]) -> Self | None:
        step = max(1, min(alpha.shape) // 256)
        rows, columns = (np.flatnonzero((alpha[::step, ::step] > _HALF).any(axis=axis)) for axis in (1, 0))
        if len(rows) < 2 or len(columns) < 2:
            return None
        margin = _MARGIN * step * max(len(rows), len(columns))
        top, left = max(0, int(rows[0] * step - margin)), max(0, int(columns[0] * step - margin))
        bottom, right = math.ceil((rows[-1] + 1) * step + margin), math.ceil((columns[-1] + 1) * step + margin)
        cut = alpha[top:bottom, left:right]
        shrink = min(1.0, _LOOK_PX / max(cut.shape))
        size_wh = max(8, round(cut.shape[1] * shrink)), max(8, round(cut.shape[0] * shrink))
        coverage = cv2.resize(cut, size_wh, interpolation=cv2.INTER_AREA) / np.float32(65535)
        scale = image.shape[0] / alpha.shape[0]
        there = [round(scale * at) for at in (top, top + cut.shape[0], left, left + cut.shape[1])]
        small = cv2.resize(image[there[0] : there[1], there[2] : there[3]], size_wh, interpolation=cv2.INTER_AREA)
        diagonal = math.hypot(*alpha.shape)
        origin = np.array([left - alpha.shape[1] / 2, top - alpha.shape[0] / 2]) / diagonal
        per_px = cut.shape[0] / size_wh[1] / diagonal
        return cls(np.asarray(small, np.uint8), np.asarray(coverage, np.float32), origin, per_px)

    def grey(self) -> NDArray[np.uint8]:
        """(h, w) uint8: the product on a ground that is as far from its own brightness as can be, so that its outline
        is there and all that lies around it is not."""
        grey = np.asarray(cv2.cvtColor(self.image, cv2.COLOR_RGB2GRAY), np.float32)
        ground = np.float32(0 if np.average(grey, weights=self.coverage) > 127 else 255)
        return np.asarray(np.round(ground + self.coverage * (grey - ground)), np.uint8)


def _ramp(value: float, between: tuple[float, float]) -> float:
    return float(np.interp(value, between, (0.0, 1.0)))
