"""Alpha at the photo's own size, with what can't be told marked."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.srgb import LUMINANCE, encode
from services.segment.closed_form import ClosedForm
from services.segment.local_colours import LocalColours, difference
from services.segment.matte import box_of, refine_alpha
from services.segment.mixing import Mixing
from services.segment.trimap import Mask, Trimap, draw_trimap
from services.segment.uncertainty import UNSURE, along_edge, judge

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

#: Between these the network hesitates.
_DOUBT: Final = (0.05, 0.95)
#: Side of the square around places of the region in which that counts, in places of the network's grid.
_NEAR: Final = 13
#: Strands leave a trace above this in the mask, thinner than this many places of the grid.
_TRACE: Final = 0.12
_THICK: Final = 11
#: Alpha this near to 0 or 1 is 0 or 1.
_VEIL: Final = 0.02
#: Most that is cut off both ends of alpha in a noisy photo.
_MOST_VEIL: Final = 0.2
#: Median error of the recomposed edge, in bytes, above which sRGB is looked at: rounding alone leaves 0.3 to 0.6. And
#: how much better it must be: in clean drawn photos the right one leaves a third at most of what the wrong one does; of
#: an edge that light mixed, under noise and JPEG, sRGB still leaves two thirds at least.
_RESIDUAL: Final = 1.0
_CLEARLY: Final = 0.6
#: So many pixels tell in which light space an edge was mixed.
_ENOUGH: Final = 50
#: Standard deviation of bytes of plain places above which a photo counts as noisy.
_NOISY: Final = 0.8
_SAMPLES: Final = 2000
#: Of the pixels in a band, every so many are enough to tell how much its two sides differ.
_EVERY: Final = 4
#: Standard deviation of an alpha read from the colours on both sides, and deltaE2000 between these: where they are
#: believed, and where not at all.
_TEXTURED: Final = (0.06, 0.16)
_ALIKE: Final = (10.0, 4.0)


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


_CLEAN: Final = Effort(epsilon=1e-5, pull=0.05, hold=1.0, edges=0.0, reach=100.0, colour=1.0, veil=0.0)
#: JPEG keeps colour at half the size, so at an edge it is of little use.
_NOISY_EFFORT: Final = Effort(epsilon=1e-4, pull=1.0, hold=20.0, edges=0.5, reach=3.0, colour=0.3, veil=1.0)


@dataclass(frozen=True)
class Matte:
    """Coverage of a photo's pixels by the product.

    Args:
        alpha: (H, W) float32 in [0, 1].
        box: Outside of it, alpha is 0.
        uncertainty: (H, W) uint8; see `judge`.
        mixing: What alpha mixes along the edge.
    """

    alpha: Array
    box: Box
    uncertainty: Bytes
    mixing: Mixing = Mixing.LIGHT


class Matting:
    """Finds alpha along the edge of a mask.

    The guided filter finds the edge; closed-form matting finds alpha in a narrow band around it. Both follow noise and
    patterns too, so the less the colours on both sides differ, against how much they vary, the more the filtered mask
    stands.

    Args:
        closed_form: The solver.
        threads: Compute threads.
        most_unknown: With more pixels to find, as in a net that fills a large photo, the filtered mask stands, and its
            edges are marked. 400 000 of them take 2 to 3 s of one core and 0.8 GB; a plain product has 30 000.
    """

    def __init__(self, closed_form: ClosedForm, threads: int, most_unknown: int = 400_000) -> None:
        self._closed_form = closed_form
        self._threads = threads
        self._most_unknown = most_unknown

    def run(self, image: Bytes, mask: Array, region: Mask, deadline: Deadline | None = None) -> Matte:
        """Give the mask the photo's own edges.

        Args:
            image: (H, W, 3) uint8 sRGB.
            mask: (h, w) float32 in [0, 1], of the network's size.
            region: (h, w) bool, where the mask is product; somewhere true.
            deadline: Looked at between steps; None = there is no hurry.

        Raises:
            Cancelled, DeadlineExceeded: The matte is no longer wanted.
        """
        wanted = deadline or Deadline()
        alpha, box = refine_alpha(image, mask, region, self._threads)
        wanted.check()
        doubt = self._doubt(mask, region, alpha.shape)
        if doubt.any():
            box = box.union(box_of(doubt))
        crop = box.slices()
        first = alpha[crop]
        trimap = draw_trimap(first, doubt[crop], max(image.shape[:2]))
        uncertainty, mixing = np.zeros(alpha.shape, np.uint8), Mixing.LIGHT
        count = np.count_nonzero(trimap.unknown)
        if count > self._most_unknown:
            uncertainty[crop][trimap.unknown] = UNSURE
        elif count > 0:
            alpha[crop], uncertainty[crop], mixing = self._settle(image[crop], first, trimap, wanted)
        return Matte(alpha, box, uncertainty, mixing)

    def _doubt(self, mask: Array, region: Mask, size_hw: tuple[int, ...]) -> Mask:
        """Where the network hesitates near the region: a strap or hair too fine for its grid."""
        near = cv2.dilate(region.view(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)) > 0
        doubt = (near | _strands(mask, region)) & (mask > _DOUBT[0]) & (mask < _DOUBT[1])
        return cv2.resize(doubt.view(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0

    def _settle(self, image: Bytes, first: Array, trimap: Trimap, deadline: Deadline) -> tuple[Array, Bytes, Mixing]:
        """Find alpha in the trimap's band, in the values in which the photo was mixed."""
        unknown = trimap.unknown
        effort = _NOISY_EFFORT if _noise(image, trimap) > _NOISY else _CLEAN
        deadline.check()
        colours = Mixing.LIGHT.values(image)
        local = LocalColours.around(colours, trimap)
        # Colours nearby hardly change from one pixel of a row to the next.
        some = difference(encode(local.product[::_EVERY]), encode(local.backdrop[::_EVERY]))
        apart = np.repeat(some, _EVERY)[: len(local.seen)] * local.seen
        trust = np.minimum(_ramp(local.ambiguity, *_TEXTURED), _ramp(apart, *_ALIKE)) * local.seen
        trust = along_edge(unknown, trust)
        mixing = _mixing(image[unknown], colours[unknown], local, trust > 0.5)
        if mixing is not Mixing.LIGHT:
            colours = mixing.values(image)
            local = LocalColours.around(colours, trimap)
        deadline.check()
        alpha, unsolved = self._solve(colours, first, trimap, local, trust, effort, deadline)
        errors = np.abs(mixing.encoded(local.mixed(alpha[unknown])) * 255 - image[unknown]).max(axis=1)
        marks = judge(unknown, apart, errors * local.seen)
        marks[unsolved] = np.maximum(marks[unsolved], UNSURE)
        return alpha, marks, mixing

    def _solve(
        self, colours: Array, first: Array, trimap: Trimap, local: LocalColours, trust: Array, effort: Effort,
        deadline: Deadline,
    ) -> tuple[Array, Mask]:  # fmt: skip
        """Alpha, and where none was found, so that the filtered mask stands."""
        unknown = trimap.unknown
        weights = _weigh_colour(effort.colour)
        near = _ramp(trimap.distance[unknown], 1.0, effort.reach)
        share = trust * near * (1 - effort.edges) * local.seen
        weighed = LocalColours(local.product @ weights, local.backdrop @ weights, local.spread, local.seen)
        guess = trimap.core.astype(np.float32)
        guess[unknown] = first[unknown] + share * (weighed.project(colours[unknown] @ weights) - first[unknown])
        pull = np.zeros(guess.shape, np.float32)
        pull[unknown] = trust * effort.pull * (3 - 2 * near) + (1 - trust) * effort.hold
        seen = colours if effort.colour == 1 else np.asarray(cv2.transform(colours, weights.T), np.float32)
        solved = self._closed_form.run(seen, guess, unknown, pull, effort.epsilon, deadline)
        alpha = solved.alpha
        margin = np.minimum(effort.veil * local.ambiguity, _MOST_VEIL) * trust
        found = np.clip((alpha[unknown] - margin) / (1 - 2 * margin), 0, 1)
        alpha[unknown] = np.where(found < _VEIL, 0, np.where(found > 1 - _VEIL, 1, found))
        alpha[solved.unsolved] = first[solved.unsolved]
        return alpha, solved.unsolved


def _mixing(image: Bytes, linear: Array, local: LocalColours, told: Mask) -> Mixing:
    """Whether the edge was mixed as light mixes, or as bytes (by an image editor, or when the photo was shrunk).

    Both mixtures of two colours are lines, one straight in linear light, the other in sRGB. Greys lie on both, and tell
    nothing; light stands then.

    Args:
        image: (N, 3) uint8 sRGB.
        linear: (N, 3) the same in linear light.
        local: Of linear light.
        told: (N,) bool, where the colours on both sides tell alpha.
    """
    encoded = LocalColours(encode(local.product), encode(local.backdrop), local.spread, local.seen)
    bytes_ = np.asarray(image, np.float32)
    alpha = local.project(linear)
    edge = told & (alpha > 0.1) & (alpha < 0.9)
    if edge.sum() < _ENOUGH:
        return Mixing.LIGHT
    residual = float(np.median(np.abs(encode(local.mixed(alpha)) * 255 - bytes_).max(axis=1)[edge]))
    if residual <= _RESIDUAL:
        return Mixing.LIGHT
    shares = encoded.project(np.asarray(bytes_ / 255, np.float32))
    other = float(np.median(np.abs(encoded.mixed(shares) * 255 - bytes_).max(axis=1)[edge]))
    return Mixing.ENCODED if other <= _CLEARLY * residual else Mixing.LIGHT


def _weigh_colour(share: float) -> Array:
    """(3, 3) by which a row of RGB is multiplied so that its colour counts only `share` of its lightness."""
    return np.asarray(share * np.eye(3) + (1 - share) * np.outer(LUMINANCE, np.ones(3)), np.float32)


def _ramp(values: Array, full: float, none: float) -> Array:
    """1 up to `full`, 0 from `none` on; downwards if `none` is below `full`."""
    return np.asarray(np.clip((none - values) / (none - full), 0, 1), np.float32)


def _strands(mask: Array, region: Mask) -> Mask:
    """(h, w) bool: thin traces of product that reach far out of the region, and a little around them."""
    trace = (mask > _TRACE).view(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THICK, _THICK))
    thin = (trace > 0) & (cv2.morphologyEx(trace, cv2.MORPH_OPEN, disc) == 0)
    _, labels = cv2.connectedComponents((thin | region).view(np.uint8), connectivity=8)
    held = np.zeros(int(labels.max()) + 1, np.bool_)
    held[labels[region]] = True
    held[0] = False
    strands = thin & held[labels]
    return np.asarray(cv2.dilate(strands.view(np.uint8), np.ones((5, 5), np.uint8)) > 0)


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
