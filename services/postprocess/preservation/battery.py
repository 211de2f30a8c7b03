"""Takes the measures and makes the report of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.postprocess.preservation.boundary import boundary_iou, edge_shift, expansion
from services.postprocess.preservation.color import color_difference
from services.postprocess.preservation.edge import find_edge
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.ghost import measure_ghost
from services.postprocess.preservation.halo import Rim
from services.postprocess.preservation.reader import MOST_LINES, TextReader
from services.postprocess.preservation.report import Measure, Report
from services.postprocess.preservation.shift import inner_shift
from services.postprocess.preservation.structure import structure
from services.postprocess.preservation.text import TextChange
from services.postprocess.preservation.thresholds import CRITERIA, Level, Thresholds, criterion_of
from services.postprocess.preservation.view import View, view
from services.postprocess.preservation.width import find_straps, seen_coverage, width_error
from services.postprocess.proof import picture_digest, product_digest

#: Sizes, in px of the longer side, at which things are looked at.
_COLOR_PX: Final = 512
_EDGE_PX: Final = 768
_FULL_PX: Final = 1536
#: A background that shows less of the edge than this tells nothing about ghosts.
_LEAST_VISIBLE: Final = 0.1


@dataclass(frozen=True)
class _Taken:
    """A value before it meets its bar; `reason` says why there is none."""

    name: str
    value: float = 0.0
    worst_yx: tuple[int, int] | None = None
    reason: str = ""
    width_px: float = 0.0


class Battery:
    """Measures finished pictures.

    Args:
        reader: For level full; None = text is not read.
    """

    def __init__(self, reader: TextReader | None = None) -> None:
        self._reader = reader

    def report(
        self,
        evidence: Evidence,
        level: Level,
        thresholds: Thresholds,
        deadline: Deadline | None = None,
        text: TextChange | None = None,
    ) -> Report:
        """Take all measures of a level.

        Colours and structure are measured at 512 px at level basic, edges at 768; at level full all at 1536. Widths
        and moves are told in px of the canvas.

        Args:
            evidence: What is measured.
            level: How much of it.
            thresholds: What is asked.
            deadline: Looked at between measures.
            text: What was read already, in pixels of the evidence's picture; None = read it here, at level full.

        Raises:
            Cancelled, DeadlineExceeded: The report is no longer wanted.
        """
        deadline = deadline or Deadline()
        before, after = evidence.digests or (
            product_digest(evidence.product), picture_digest(evidence.picture, evidence.product),
        )  # fmt: skip
        full = level is Level.FULL
        deadline.check()
        seen = view(evidence, _FULL_PX) if full else view(evidence, _EDGE_PX, quick=True)
        steps = [_core(evidence, identical=before == after), _confidence(evidence)]
        steps += [_inside(seen if full else seen.reduced(_COLOR_PX), seen), _edges(seen)]
        if full:
            text = text or self._read(seen, deadline)
            steps += [_outline(seen), _moved(seen), _widths(seen), _legibility(text)]
        steps += [_recoloured(evidence)]
        values = {found.name: found for found in _each(steps, deadline)}
        measures = (
            _judged(values[criterion.name], thresholds)
            for criterion in CRITERIA
            if criterion.name in values and not values[criterion.name].reason
        )
        return Report(
            level=level,
            measures=tuple(measures),
            unmeasured={found.name: found.reason for found in values.values() if found.reason},
            core_before=before,
            core_after=after,
            text=text if full else None,
        )

    def _read(self, seen: View, deadline: Deadline) -> TextChange | None:
        if self._reader is None:
            return None
        deadline.check()
        found = self._reader.compare(_alone(seen.expected, seen), _alone(seen.picture, seen), deadline)
        return found.placed(seen.scale, seen.top, seen.left)


def _each(steps: Sequence[Iterator[_Taken]], deadline: Deadline) -> Iterator[_Taken]:
    """What the steps take, as long as it is wanted."""
    for step in steps:
        for found in step:
            deadline.check()
            yield found


def _confidence(evidence: Evidence) -> Iterator[_Taken]:
    yield _Taken("confidence", evidence.confidence)


def _judged(found: _Taken, thresholds: Thresholds) -> Measure:
    criterion = criterion_of(found.name)
    asked = thresholds.of(criterion)
    if asked is None:
        return Measure(criterion.name, found.value, criterion.unit, None, passed=True, worst_yx=found.worst_yx)
    threshold = max(asked, criterion.relative * found.width_px)
    return Measure(
        criterion.name, found.value, criterion.unit, threshold, criterion.passed(found.value, threshold), found.worst_yx
    )


def _core(evidence: Evidence, *, identical: bool) -> Iterator[_Taken]:
    product = evidence.product
    if evidence.harmonized:
        yield _Taken("core_changed", reason="the product's light was adapted, as asked for")
        return
    if identical:
        yield _Taken("core_changed", 0.0)
        return
    changed = product.core & (evidence.picture[product.box.slices()] != product.color).any(axis=-1)
    count = int(np.count_nonzero(changed))
    row, column = divmod(int(np.argmax(changed)), product.box.width)
    worst = (product.box.top + row, product.box.left + column) if count else None
    yield _Taken("core_changed", float(count), worst)


def _recoloured(evidence: Evidence) -> Iterator[_Taken]:
    change = evidence.recoloured
    if change is None:
        return
    if evidence.harmonized:
        yield _Taken("recolour_outside", reason="the product's light was adapted, as asked for")
    else:
        yield _Taken("recolour_outside", float(change.outside_px), change.outside_yx)
    yield _Taken("recolour_distance", change.distance)
    if change.structure is None:
        yield _Taken("recolour_structure", reason="what has this colour is too thin for a window of 7 x 7 px")
    else:
        yield _Taken("recolour_structure", change.structure)


def _inside(seen: View, closer: View) -> Iterator[_Taken]:
    colors = color_difference(seen.picture, seen.expected, seen.inside)
    if colors is None:
        for name in ("color_mean", "color_p95", "color_spot"):
            yield _Taken(name, reason="the product has no opaque pixels")
    else:
        place = seen.on_canvas(colors.spot_yx)
        yield _Taken("color_mean", colors.mean, place)
        yield _Taken("color_p95", colors.p95, place)
        yield _Taken("color_spot", colors.spot, place)
    alike = structure(seen.picture, seen.expected, seen.inside)
    if alike is None and closer is not seen:
        seen, alike = closer, structure(closer.picture, closer.expected, closer.inside)
    if alike is None:
        for name in ("structure", "structure_spot"):
            yield _Taken(name, reason="the product's opaque parts are too thin for a window of 7 x 7 px")
        return
    place = seen.on_canvas(alike.worst_yx)
    yield _Taken("structure", alike.mean, place)
    yield _Taken("structure_spot", alike.worst, place)


def _edges(seen: View) -> Iterator[_Taken]:
    edge = find_edge(seen.coverage)
    ghost = measure_ghost(seen.outside, seen.coverage, seen.color, seen.backdrop, edge)
    if ghost.visible < _LEAST_VISIBLE:
        yield _Taken("ghost", reason="product and background can't be told apart along the edge")
    else:
        yield _Taken("ghost", ghost.mean_px / seen.scale, seen.on_canvas(ghost.worst_yx))
    rim = Rim(seen.coverage, seen.color, edge)
    halos = {
        "halo": rim.halo_in(seen.outside, seen.backdrop),
        "halo_black": rim.halo_on((0, 0, 0)),
        "halo_white": rim.halo_on((255, 255, 255)),
    }
    for name, halo in halos.items():
        yield _Taken(name, halo.mean, seen.on_canvas(halo.worst_yx))


def _outline(seen: View) -> Iterator[_Taken]:
    again = seen.resegmented
    if again is None:
        for name in ("boundary_iou_fine", "boundary_iou", "outline_shift", "expansion", "shrink"):
            yield _Taken(name, reason="the picture was not cut out anew")
        return
    moved, grown = edge_shift(seen.coverage, again), expansion(seen.coverage, again)
    place = seen.on_canvas(moved.worst_yx)
    yield _Taken("boundary_iou_fine", boundary_iou(seen.coverage, again, 0.005), place)
    yield _Taken("boundary_iou", boundary_iou(seen.coverage, again, 0.02), place)
    yield _Taken("outline_shift", moved.shift_px / seen.scale, place)
    yield _Taken("expansion", grown.edge_px / seen.scale, place)
    yield _Taken("shrink", grown.shrink, place)


def _moved(seen: View) -> Iterator[_Taken]:
    moved = inner_shift(seen.picture, seen.expected, seen.inside)
    if moved.points:
        yield _Taken("inner_shift", moved.p95_px / seen.scale, seen.on_canvas(moved.worst_yx))
    else:
        yield _Taken("inner_shift", reason="the product has nothing inside to follow")


def _widths(seen: View) -> Iterator[_Taken]:
    straps = find_straps(seen.coverage)
    error = width_error(straps, seen_coverage(seen.outside, seen.coverage, seen.color, seen.backdrop))
    if not len(error.errors_px):
        reason = "no thin part stands out from the background" if len(straps) else "the product has no thin parts"
        yield _Taken("width_median", reason=reason)
        yield _Taken("width_p95", reason=reason)
        return
    width, place = error.median_width_px / seen.scale, seen.on_canvas(error.worst_yx)
    yield _Taken("width_median", error.median_px / seen.scale, place, width_px=width)
    yield _Taken("width_p95", error.p95_px / seen.scale, place, width_px=width)


def _legibility(text: TextChange | None) -> Iterator[_Taken]:
    names = ("text_error", "text_exact")
    reason = ""
    if text is None:
        reason = "text is not read here"
    elif text.unread and text.worst_yx is None:
        reason = f"{text.unread} of the lines that changed are not read, as there are more than {MOST_LINES}"
    elif not text.lines:
        reason = "nothing on the product can be read"
    if text is None or reason:
        yield from (_Taken(name, reason=reason) for name in names)
        return
    yield _Taken("text_error", text.error_rate, text.worst_yx)
    if text.exact is None:
        yield _Taken("text_exact", reason="no line is 12 px high or more")
    else:
        yield _Taken("text_exact", text.exact, text.worst_yx)


def _alone(image: NDArray[np.uint8], seen: View) -> NDArray[np.uint8]:
    """The product on a plain ground of its own mean colour, so that nothing else is read."""
    inside = cv2.erode(seen.inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ground = seen.expected[inside].mean(axis=0) if inside.any() else np.full(3, 128.0)
    return np.where(inside[..., None], image, np.round(ground).astype(np.uint8))
