"""What the takes of real photos are worth: the battery's kind of table, of their reports' measures."""

from collections.abc import Iterator, Sequence
from typing import Final

from services.evaluation.bars import Bar, Over
from services.evaluation.battery import Outcome, Row, judged
from services.evaluation.take import AGREEMENT, REFUSED, UNFIT, Take
from services.postprocess.preservation.thresholds import CRITERIA, Sense

#: The question that all rows belong to.
QUESTION: Final = "photos"
_OF_PHOTOS: Final = (
    Bar(REFUSED, "pictures refused, or photos that can't be read", at_most=0, over=Over.EVERY, digits=0),
    Bar(UNFIT, "places without a scene that fits the photo", digits=0),
    Bar(AGREEMENT, "IoU of the cutout with those of the mirror image and of a smaller copy", digits=3, high=True),
)


def outcome_of(takes: Sequence[Take], seconds: float) -> Outcome:
    """Every measure over all takes; each take is held against the thresholds that its own report names.

    Args:
        takes: At least one; where none has a picture, nothing was kept.
        seconds: That they took.
    """
    readings = [take.reading() for take in takes]
    rows = [*judged(QUESTION, readings, _OF_PHOTOS), *_measures(takes)]
    if not any(take.measures for take in takes):
        rows[0] = Row(rows[0].bar, QUESTION, rows[0].readings, holds=False)
    return Outcome(tuple(rows), {QUESTION: seconds})


def _measures(takes: Sequence[Take]) -> Iterator[Row]:
    for measure in CRITERIA:
        taken = [each for take in takes for each in take.measures if each.name == measure.name]
        if all(each.value is None for each in taken):
            continue
        asked = [each.threshold for each in taken if each.threshold is not None]
        low = measure.sense is Sense.AT_MOST
        # A bar may rise with the product's own width; the table names the lowest.
        at_most, at_least = (min(asked), None) if asked and low else (None, max(asked) if asked else None)
        bar = Bar(
            measure.name, f"{measure.name}: {measure.meaning}", measure.unit, at_most, at_least, Over.EVERY, 3, not low
        )
        [row] = judged(QUESTION, [take.reading() for take in takes], [bar])
        yield Row(bar, QUESTION, row.readings, holds=all(each.passed for each in taken))
