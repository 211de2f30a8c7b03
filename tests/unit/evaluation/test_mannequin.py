"""Garments on mannequins: a cut that takes them off keeps the bars, one that leaves them does not, and is counted."""

from dataclasses import replace

import pytest

from services.evaluation.battery import run_battery
from services.evaluation.case import Cases
from services.evaluation.mannequin import Mannequins
from services.evaluation.questions import NAMES


def quiet(name: str, done: int, of: int) -> None:
    """Nobody watches."""


class Clothed(Cases):
    """Nobody asks for the garment alone."""

    def cut(self, photo, mask, selection):
        return super().cut(photo, mask, replace(selection, ghost_mannequin=False))


def rows_of(cases):
    return {row.bar.measure: row for row in run_battery([Mannequins(cases)], 2, quiet).rows}


@pytest.fixture(scope="module")
def undressed(cutting):
    return rows_of(Cases(cutting))


@pytest.fixture(scope="module")
def clothed(cutting):
    return rows_of(Clothed(cutting))


def test_mannequins_are_part_of_the_battery() -> None:
    assert Mannequins.name in NAMES


def test_garments_taken_off_keep_the_bars_and_are_counted(undressed) -> None:
    assert [measure for measure, row in undressed.items() if not row.holds] == []
    assert undressed["mannequin_parted"].values == [1.0, 1.0]
    assert undressed["mannequin_unfound"].values == [0.0, 0.0]


def test_mannequins_that_stay_miss_the_bar_and_are_counted(clothed) -> None:
    assert [measure for measure, row in clothed.items() if not row.holds] == ["mannequin_left"]
    assert clothed["mannequin_parted"].values == [0.0, 0.0]
    assert clothed["mannequin_unfound"].values == [1.0, 1.0]
