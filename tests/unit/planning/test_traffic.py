"""When shots arrive."""

import numpy as np
import pytest

from services.common.errors import InvalidInput
from services.planning.traffic import CURVES, HOUR_S, DailyTraffic, RecordedTraffic


def recorded(folder, text):
    file = folder / "arrivals.csv"
    file.write_text(text, "utf-8")
    return RecordedTraffic.read(file)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_day_has_as_many_shots_as_were_asked_for(curve):
    traffic = DailyTraffic(20_000, curve)
    found = traffic.arrivals(0, 24 * HOUR_S, np.random.default_rng(0))
    assert len(found.at_s) == pytest.approx(20_000, abs=4 * 20_000**0.5)
    assert sum(traffic.hourly_per_s) * HOUR_S == pytest.approx(20_000)


def test_rate_goes_in_straight_lines_between_the_middles_of_hours():
    curve = [0.0] * 24
    curve[5], curve[6] = 1, 3
    found = DailyTraffic(40_000, curve).arrivals(5.5 * HOUR_S, HOUR_S, np.random.default_rng(0))
    early, late = np.histogram(found.at_s, 2)[0]
    assert early / len(found.at_s) == pytest.approx(0.375, abs=0.02)
    assert late > early


def test_evening_is_twice_the_mean_at_its_highest():
    rates = DailyTraffic(1e6, CURVES["evening"]).hourly_per_s
    assert max(rates) / np.mean(rates) == pytest.approx(2.05, abs=0.01)


def test_arrivals_are_as_irregular_as_chance_makes_them():
    found = DailyTraffic(864_000, CURVES["flat"]).arrivals(0, 1000, np.random.default_rng(0))
    gaps_s = np.diff(found.at_s)
    assert gaps_s.std() == pytest.approx(gaps_s.mean(), rel=0.05)


def test_one_shot_of_four_is_a_quarter_of_them():
    traffic = DailyTraffic(864_000, CURVES["flat"], 0.3)
    thinned = traffic.arrivals(0, 2000, np.random.default_rng(0), factor=4)
    assert len(thinned.at_s) == pytest.approx(5000, rel=0.06)
    assert thinned.bulk.mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("shots", "curve", "bulk", "field"),
    [
        (0, CURVES["flat"], 0, "shots_per_day"),
        (float("nan"), CURVES["flat"], 0, "shots_per_day"),
        (1, (1, 2), 0, "curve"),
        (1, (0,) * 24, 0, "curve"),
        (1, (1,) * 23 + (-1,), 0, "curve"),
        (1, CURVES["flat"], 1.5, "interactive"),
    ],
)
def test_impossible_day_is_refused_by_the_name_of_its_fault(shots, curve, bulk, field):
    with pytest.raises(InvalidInput) as refusal:
        DailyTraffic(shots, curve, bulk)
    assert refusal.value.details["field"] == field


def test_recorded_arrivals_come_as_they_were(tmp_path):
    traffic = recorded(tmp_path, "at_s,kind\n1010,bulk\n1000,interactive\n4620,\n")
    found = traffic.arrivals(0, 3600, np.random.default_rng(0))
    assert found.at_s.tolist() == [0, 10]
    assert found.bulk.tolist() == [False, True]
    assert traffic.hourly_per_s == pytest.approx([2 / 3600, 1 / 20])


@pytest.mark.parametrize(
    "text", ["", "when\n1\n2\n", "at_s\n1\n", "at_s\none\ntwo\n", "at_s\n1\ninf\n", "at_s,kind\n1,vip\n2,bulk\n"]
)
def test_file_that_holds_no_arrivals_is_refused(tmp_path, text):
    with pytest.raises(InvalidInput):
        recorded(tmp_path, text)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="can't be read"):
        RecordedTraffic.read(tmp_path / "none.csv")
