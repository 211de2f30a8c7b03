"""Which questions there are."""

from collections.abc import Callable, Sequence
from typing import Final

from services.common.errors import InvalidInput
from services.evaluation.alpha import Alpha
from services.evaluation.budget import Budget
from services.evaluation.case import Cases
from services.evaluation.core import Core
from services.evaluation.fine import Fine
from services.evaluation.light import LightKept
from services.evaluation.mannequin import Mannequins
from services.evaluation.perspective import PerspectiveRead
from services.evaluation.reading import Question
from services.evaluation.recolour import Recoloured
from services.evaluation.report import ReportMoves
from services.evaluation.shadow import CastShadow
from services.evaluation.straps import Straps
from services.evaluation.thick import Thick

#: In the table's order.
_MAKERS: Final[dict[str, Callable[[Cases], Question]]] = {
    Straps.name: Straps,
    Alpha.name: Alpha,
    Fine.name: Fine,
    Mannequins.name: Mannequins,
    Thick.name: Thick,
    Core.name: Core,
    LightKept.name: LightKept,
    Recoloured.name: Recoloured,
    CastShadow.name: lambda _: CastShadow(),
    Budget.name: Budget,
    PerspectiveRead.name: PerspectiveRead,
    ReportMoves.name: ReportMoves,
}
NAMES: Final = tuple(_MAKERS)


def open_questions(names: Sequence[str], cases: Cases) -> list[Question]:
    """The questions of these names, or all where none is named.

    Raises:
        InvalidInput: There is no such question.
    """
    for name in names:
        if name not in _MAKERS:
            raise InvalidInput(f"there is no question {name!r}; there are {', '.join(NAMES)}", field="only", got=name)
    return [make(cases) for name, make in _MAKERS.items() if not names or name in names]
