"""Shots walk through a simulated service."""

from dataclasses import replace

import numpy as np
import pytest

from services.planning.outcome import percentiles
from services.planning.simulation import Simulation
from services.planning.tier import STAGES
from services.planning.traffic import Arrivals
from tests.support.planning import SHOT, constant, service_model, stage_times

FEW = {"gateway": 4, "dispatcher": 1, "segment": 2, "generate": 3, "postprocess": 2}


def simulated(per_s=1.5, seed=1, model=None, length_s=1500, bulk=0.0, **replicas):
    arrivals = constant(per_s, bulk).arrivals(0, length_s + 100, np.random.default_rng(seed))
    return Simulation(model or service_model(), FEW | replicas, seed).run(arrivals, length_s, 100)


def test_shot_alone_takes_the_sum_of_its_parts():
    arrivals = Arrivals(np.array([3.0]), np.array([False]))
    outcome = Simulation(service_model(times=stage_times(1, spread=0)), FEW, 0).run(arrivals, 60)
    assert outcome.interactive_s == pytest.approx([sum(SHOT.values())])


def test_shots_under_way_are_arrivals_times_their_time():
    outcome = simulated()
    assert outcome.tiers["gateway"].ongoing == pytest.approx(outcome.per_s * outcome.interactive_s.mean(), rel=0.01)


def test_stages_are_as_busy_as_their_work_makes_them():
    outcome = simulated(length_s=3000)
    for stage in STAGES:
        expected = 1.5 * stage_times().mean_s[stage] / FEW[stage]
        assert outcome.tiers[stage].utilisation == pytest.approx(expected, rel=0.05)


def test_same_seed_has_the_same_outcome():
    first, again = simulated(), simulated()
    assert np.array_equal(first.interactive_s, again.interactive_s)
    assert not np.array_equal(first.interactive_s, simulated(seed=2).interactive_s[: len(first.interactive_s)])


@pytest.mark.parametrize("name", ["gateway", *STAGES])
def test_more_replicas_never_make_it_worse(name):
    few, more, many = (
        simulated(1.9, length_s=800, **{name: FEW[name] + added}).interactive_s.mean() for added in (0, 2, 8)
    )
    assert few * 1.01 >= more
    assert more * 1.01 >= many


def test_too_much_traffic_is_told_with_who_cannot_keep_up():
    outcome = simulated(per_s=4.0, length_s=300)
    assert outcome.refused > 0
    assert "generate is 100% busy" in outcome.overload


def test_items_that_pile_up_are_told():
    outcome = simulated(per_s=1.5, bulk=1.0)
    assert outcome.refused == 0
    assert outcome.overload.startswith("shots pile up without end")


def test_traffic_that_fits_is_no_overload():
    assert not simulated(per_s=1.5).overload


def item_and_shots(shots_s, yield_s):
    """What an item takes that comes at 0, and shots at these moments."""
    model = replace(service_model(times=stage_times(1, spread=0)), yield_s=yield_s)
    arrivals = Arrivals(np.array([0.0, *shots_s]), np.array([True] + [False] * len(shots_s)))
    return float(Simulation(model, FEW, 0).run(arrivals, 100).bulk_s[0])


def test_item_waits_before_a_stage_while_any_shot_is_at_work():
    alone_s = sum(SHOT.values())
    assert item_and_shots([], 50) == pytest.approx(alone_s)
    # The shot is there from 0 on, and the item goes on when it has left.
    assert item_and_shots([0.01], 50) == pytest.approx(0.01 + alone_s + alone_s - SHOT["decode"])


def test_item_is_held_back_no_longer_than_asked():
    always = np.arange(0.01, 60, 0.9)
    assert item_and_shots(always, 2) == pytest.approx(sum(SHOT.values()) + 3 * 2, abs=1.5)


@pytest.mark.parametrize(("seconds", "answered"), [(5.8, 9), (5.9, 12)])
def test_items_are_at_a_stage_one_for_each_dispatcher(seconds, answered):
    """Twelve items, three dispatchers: four rounds of the slowest stage."""
    arrivals = Arrivals(np.zeros(12), np.ones(12, np.bool_))
    many = {"segment": 12, "generate": 12, "postprocess": 12, "dispatcher": 3}
    outcome = Simulation(service_model(times=stage_times(1, spread=0)), many | {"gateway": 1}, 0).run(arrivals, seconds)
    assert sum(SHOT.values()) + 3 * SHOT["generate"] == pytest.approx(5.84)
    assert outcome.answered == answered


def test_nobody_seen_has_no_percentiles():
    assert percentiles(np.array([])) is None
