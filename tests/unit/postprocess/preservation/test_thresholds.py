import pytest

from services.common.errors import InvalidInput
from services.postprocess.preservation.thresholds import CRITERIA, Criterion, Sense, Thresholds, criterion_of


@pytest.mark.parametrize("bar", CRITERIA, ids=lambda bar: bar.name)
def test_default_lies_in_the_range_a_caller_may_ask_for(bar: Criterion) -> None:
    assert bar.lowest <= bar.default <= bar.highest
    assert Thresholds().of(bar) == bar.default


def test_names_of_measures_are_unique() -> None:
    assert len({bar.name for bar in CRITERIA}) == len(CRITERIA)


def test_value_on_the_bar_is_good_and_past_it_is_not() -> None:
    most, least = criterion_of("ghost"), criterion_of("structure")
    assert most.sense is Sense.AT_MOST
    assert [most.passed(value, 0.15) for value in (0.1, 0.15, 0.16)] == [True, True, False]
    assert [least.passed(value, 0.99) for value in (0.98, 0.99, 1.0)] == [False, True, True]


def test_callers_threshold_stands_over_the_tenants_and_the_default() -> None:
    tenant = Thresholds({"ghost": 0.3, "halo": 4})
    held = Thresholds({"ghost": 0.5}).over(tenant)
    assert [held.of(criterion_of(name)) for name in ("ghost", "halo", "structure")] == [0.5, 4, 0.99]


@pytest.mark.parametrize(
    ("name", "value"), [("ghost", 101), ("structure", 1.1), ("ghost", float("nan")), ("loudness", 1), ("halo", -1)]
)
def test_threshold_out_of_range_names_its_field(name: str, value: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        Thresholds({name: value})
    assert caught.value.details["field"] == f"thresholds.{name}"


def test_what_is_cut_out_anew_of_one_of_several_products_is_judged_only_where_somebody_asks() -> None:
    anew, other = criterion_of("shrink"), criterion_of("ghost")
    assert (Thresholds().of(anew), Thresholds(of_one=True).of(anew)) == (anew.default, None)
    assert Thresholds({"shrink": 0.1}, of_one=True).of(anew) == 0.1
    assert Thresholds(of_one=True).of(other) == other.default


@pytest.mark.parametrize(
    ("name", "value", "threshold", "used"),
    [("ghost", 0.075, 0.15, 0.5), ("structure", 0.99, 0.98, 0.5), ("structure", 1.0, 1.0, 0.0),
     ("core_changed", 0, 0, 0.0), ("core_changed", 3, 0, float("inf"))],
)  # fmt: skip
def test_share_of_what_is_allowed_is_one_on_the_bar(name: str, value: float, threshold: float, used: float) -> None:
    assert criterion_of(name).used(value, threshold) == pytest.approx(used)
