import math

import pytest

from services.evaluation.bars import BARS, Bar, Over

MOST = Bar("a", "a", at_most=1.0)
EVERY = Bar("a", "a", at_most=1.0, over=Over.EVERY)
LEAST = Bar("a", "a", at_least=0.9)


@pytest.mark.parametrize(
    ("bar", "values", "holds"),
    [
        (MOST, [0.5, 1.0, 9.0], True),
        (MOST, [0.5, 1.1, 9.0], False),
        (EVERY, [0.5, 1.0, 1.0], True),
        (EVERY, [0.5, 0.5, 1.1], False),
        (LEAST, [0.1, 0.9, 1.0], True),
        (LEAST, [0.1, 0.8, 1.0], False),
        (MOST, [], False),
        (MOST, [0.5, math.nan, 0.5], False),
        (Bar("told", "told"), [99.0], True),
    ],
    ids=[
        "median holds",
        "median misses",
        "every holds",
        "one misses",
        "least",
        "too little",
        "none",
        "nan",
        "told only",
    ],
)
def test_bar_holds_where_its_values_are_within_the_bound(bar: Bar, values: list[float], holds: bool) -> None:
    assert bar.holds(values) is holds


def test_worst_values_come_first_and_what_is_no_number_before_all() -> None:
    assert sorted([0.2, 3.0, math.nan, 1.0], key=MOST.worst_first)[1:] == [3.0, 1.0, 0.2]
    assert math.isnan(sorted([0.2, 3.0, math.nan, 1.0], key=MOST.worst_first)[0])
    assert sorted([0.95, 0.5, 1.0], key=LEAST.worst_first) == [0.5, 0.95, 1.0]


def test_every_measure_is_named_once() -> None:
    names = [bar.measure for bar in BARS]
    assert len(names) == len(set(names))
