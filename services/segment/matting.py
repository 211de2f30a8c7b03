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
from services.segment.doubt import Doubt, Mask
from services.segment.effort import Effort
from services.segment.local_colours import LocalColours, difference
from services.segment.matte import box_of, refine_alpha
from services.segment.mixing import Mixing
from services.segment.trimap import Trimap, draw_trimap
from services.segment.uncertainty import UNSURE, along_edge, judge

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

#: Alpha this near to 0 or 1 is 0 or 1.
_VEIL: Final = 0.02
#: Most that is cut off both ends of alpha in a noisy photo.
_MOST_VEIL: Final = 0.2
#: Of the pixels in a band, every so many are enough to tell how much its two sides differ.
_EVERY: Final = 4
#: Standard deviation of an alpha read from the colours on both sides, and deltaE2000 between these: where they are
#: believed, and where not at all.
_TEXTURED: Final = (0.06, 0.16)
_ALIKE: Final = (10.0, 4.0)


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
            edges are marked. 400 000 of them take the solver 1.1 s of a core and 0.7 GB (AMD EPYC, median of 3); a
            plain garment of 2 megapixels has 45 000.
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
        doubt = Doubt.of(mask, region, alpha.shape)
        if doubt.places.any():
            box = box.union(box_of(doubt.places))
        crop = box.slices()
        first = alpha[crop]
        trimap = draw_trimap(first, doubt.within(box), max(image.shape[:2]))
        uncertainty, mixing = np.zeros(alpha.shape, np.uint8), Mixing.LIGHT
        count = np.count_nonzero(trimap.unknown)
        if count > self._most_unknown:
            uncertainty[crop][trimap.unknown] = UNSURE
        elif count > 0:
            alpha[crop], uncertainty[crop], mixing = self._settle(image[crop], first, trimap, wanted)
        return Matte(alpha, box, uncertainty, mixing)

    def _settle(self, image: Bytes, first: Array, trimap: Trimap, deadline: Deadline) -> tuple[Array, Bytes, Mixing]:
        """Find alpha in the trimap's band, in the values in which the photo was mixed."""
        unknown = trimap.unknown
        effort = Effort.of(image, trimap)
        deadline.check()
        colours = Mixing.LIGHT.values(image)
        local = LocalColours.around(colours, trimap)
        # Colours nearby hardly change from one pixel of a row to the next.
        some = difference(encode(local.product[::_EVERY]), encode(local.backdrop[::_EVERY]))
        apart = np.repeat(some, _EVERY)[: len(local.seen)] * local.seen
        trust = np.minimum(_ramp(local.ambiguity, *_TEXTURED), _ramp(apart, *_ALIKE)) * local.seen
        trust = along_edge(unknown, trust)
        mixing = Mixing.of(image[unknown], local, trust > 0.5)
        if mixing is not Mixing.LIGHT:
            colours = mixing.values(image)
            local = LocalColours.around(colours, trimap)
        deadline.check()
        alpha, unsolved = self._solve(colours, first, trimap, local, trust, effort, deadline)
        errors = np.abs(mixing.encoded(local.mixed(alpha[unknown])) * 255 - image[unknown]).max(axis=1)
        marks = judge(unknown, apart, errors * local.seen)
        guessed = unsolved | trimap.strands
        marks[guessed] = np.maximum(marks[guessed], UNSURE)
        return alpha, marks, mixing

    def _solve(
        self, colours: Array, first: Array, trimap: Trimap, local: LocalColours, trust: Array, effort: Effort,
        deadline: Deadline,
    ) -> tuple[Array, Mask]:  # fmt: skip
        """Alpha, and where none was found, so that the filtered mask stands."""
        unknown = trimap.unknown
        weights = _weigh_colour(effort.colour)
        near = _ramp(trimap.distance[unknown], 1.0, effort.reach)
        share = trust * np.where(trimap.strands[unknown], 1, near * (1 - effort.edges)) * local.seen
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


def _weigh_colour(share: float) -> Array:
    """(3, 3) by which a row of RGB is multiplied so that its colour counts only `share` of its lightness."""
    return np.asarray(share * np.eye(3) + (1 - share) * np.outer(LUMINANCE, np.ones(3)), np.float32)


def _ramp(values: Array, full: float, none: float) -> Array:
    """1 up to `full`, 0 from `none` on; downwards if `none` is below `full`."""
    return np.asarray(np.clip((none - values) / (none - full), 0, 1), np.float32)
