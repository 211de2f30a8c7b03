"""Shots walk through a simulated service."""

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


def test_items_of_jobs_leave_the_shots_that_somebody_waits_for_nearly_as_they_were():
    arrivals = constant(2.0, 0.5).arrivals(0, 1600, np.random.default_rng(1))
    model = service_model(times=stage_times())
    alone = Arrivals(arrivals.at_s[~arrivals.bulk], arrivals.bulk[~arrivals.bulk])
    many = {"dispatcher": 6, "generate": 4, "segment": 3, "postprocess": 3}
    both, without = (Simulation(model, FEW | many, 1).run(each, 1500, 100) for each in (arrivals, alone))
    assert percentiles(both.interactive_s)["p50"] < 1.5 * percentiles(without.interactive_s)["p50"]
    assert len(both.bulk_s) == pytest.approx(1500, rel=0.1)


def test_nobody_seen_has_no_percentiles():
    assert percentiles(np.array([])) is None
