"""What the caller of a shot is told when no picture kept its product."""

from typing import Final

from services.api.studio import Measure, PreservationReport
from services.common.errors import ProductChanged

#: Measures that no other background changes.
OF_THE_PHOTO: Final = frozenset({"confidence", "halo_black", "halo_white"})
OF_THE_COLOUR: Final = frozenset({"recolour_outside", "recolour_distance", "recolour_structure"})

#: A refusal's words name so many measures, those that are farthest beyond their thresholds; its report has all.
_TOLD: Final = 3


def failed(report: PreservationReport) -> list[Measure]:
    """The measures beyond their thresholds, each product's own included."""
    every = [*report.measures, *(measure for each in report.instances for measure in each.measures)]
    return [each for each in every if not each.passed]


def refusal(report: PreservationReport) -> ProductChanged:
    """The error for a report that did not pass, which says what failed, the worst first, and what may help."""
    every = [("", each) for each in report.measures]
    every += [(f"product {one.instance}'s ", each) for one in report.instances for each in one.measures]
    beyond = [
        f"{of}{each.name} is {each.value:.4g}, asked is {each.threshold:.4g}"
        for of, each in sorted(every, key=lambda told: -told[1].excess)
        if not each.passed and each.value is not None and each.threshold is not None
    ]
    told = "; ".join(beyond[:_TOLD]) + (f"; and {len(beyond) - _TOLD} more" if len(beyond) > _TOLD else "")
    made = f"any of {report.attempts} pictures" if report.attempts > 1 else "the picture"
    return ProductChanged(
        f"the product is not kept as asked in {made}: {told}; {_advice(report)}",
        report=report.model_dump(mode="json", exclude_none=True),
    )


def _advice(report: PreservationReport) -> str:
    """What helps: of the photo itself, no seed and no scene makes another."""
    names = [each.name for each in failed(report)]
    if any(name in OF_THE_COLOUR for name in names):
        return "ask for another colour or mask, or for less in 'thresholds'"
    of_photo = dict.fromkeys(name for name in names if name in OF_THE_PHOTO)
    if not of_photo:
        return "ask for less in 'thresholds', or name another seed or scene"
    verb = "is" if len(of_photo) == 1 else "are"
    advice = f"{', '.join(of_photo)} {verb} the photo's own, in every scene: send a clearer photo"
    others = "; the rest may come out better with another seed or scene" if len(of_photo) < len(set(names)) else ""
    return f"{advice}, or ask for less in 'thresholds'{others}"
