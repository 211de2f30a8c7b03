"""Whether the report moves: on one drawn photo, and what counts as moving."""

import pytest

from services.evaluation.case import Cases
from services.evaluation.report import Looks, ReportMoves

NAMES = frozenset({"ghost"})


def looks(here=0.1, elsewhere=0.1, fault=0.1) -> Looks:
    return Looks(*({"ghost": value} for value in (here, elsewhere, fault, fault)))


def test_report_that_knows_its_background_moves_with_the_product_alone(cutting) -> None:
    values = ReportMoves(Cases(cutting, side_px=512)).ask(0).values
    asked = {name: value for name, value in values.items() if name.startswith("report_known")}
    assert len(asked) == 6
    assert set(asked.values()) == {1.0}


@pytest.mark.parametrize(
    ("elsewhere", "fault", "moves"),
    [(0.1, 0.1, False), (0.1, 0.25, False), (0.1, 0.35, True), (0.3, 0.35, False), (0.1, 0.0, False)],
)
def test_figure_moves_where_it_is_worse_by_more_than_another_background_makes_it(elsewhere, fault, moves) -> None:
    seen = looks(elsewhere=elsewhere, fault=fault)
    assert seen.moves(seen.thick, NAMES) is moves


def test_only_figures_that_could_tell_the_fault_count() -> None:
    seen = looks(fault=5.0)
    assert not seen.moves(seen.thick, frozenset({"text_error"}))


def test_report_stays_where_figures_are_the_same_and_the_same_are_there() -> None:
    assert looks().stays()
    assert not looks(elsewhere=0.3).stays()
    assert not Looks({"ghost": 0.1}, {}, {}, {}).stays()
