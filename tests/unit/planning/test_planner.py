"""From traffic to replicas."""

from functools import cache

import pytest

from services.common.errors import InvalidInput
from services.common.settings import GenerateSettings, Settings
from services.planning.machines import MachineKind
from services.planning.model import ServiceModel
from services.planning.plan import Aims
from services.planning.planner import Planner
from services.planning.sizing import Sizing
from services.planning.tier import STAGES, tiers_of
from services.planning.traffic import CURVES, DailyTraffic
from services.planning.window import windows_of
from tests.support.planning import constant, service_model, stage_times

AIMS = Aims(4.0, 60)
GPU = MachineKind("gpu", 16, 1, 3.1)
KINDS = [MachineKind("cpu", 16, 0, 0.7)]
SHOTS = 2000


@cache
def planned():
    traffic = DailyTraffic(300_000, CURVES["evening"])
    return Planner(service_model(), traffic, AIMS, KINDS, 0, SHOTS).needed()


def test_plan_reaches_its_aims_in_every_window():
    plan = planned()
    assert not plan.missed
    assert [each.window.name for each in plan.sized] == ["valley", "mean", "peak"]
    for each in plan.sized:
        assert each.to_json()["interactive_s"]["p95"] <= 4.0


def test_each_stage_has_more_replicas_than_work_arrives_for():
    for each in planned().sized:
        for stage in STAGES:
            assert each.replicas[stage] > each.window.per_s * stage_times().mean_s[stage]


def needed(per_s, p95_s=4.0, shots=SHOTS):
    traffic = constant(per_s)
    [window] = windows_of(traffic, service_model().shot_s, shots)
    return Sizing(service_model(), traffic, Aims(p95_s, 60), 0).needed(window)


def test_more_traffic_needs_more_and_more_patience_needs_less():
    usual = needed(3).replicas["generate"]
    assert needed(6).replicas["generate"] > usual
    assert needed(3, p95_s=8.0).replicas["generate"] < usual


def test_thinned_window_asks_for_no_fewer_replicas_than_the_whole():
    thinned, whole = needed(30, shots=500), needed(30, shots=3000)
    assert thinned.window.factor > 3
    assert whole.window.factor == 1
    assert thinned.replicas["generate"] >= whole.replicas["generate"]


def test_same_seed_has_the_same_plan():
    planner = [Planner(service_model(), constant(2), AIMS, KINDS, 3, 500).needed().to_json() for _ in range(2)]
    assert planner[0] == planner[1]


def test_steady_traffic_has_one_window_and_no_rise():
    plan = Planner(service_model(), constant(2), AIMS, KINDS, 0, 500).needed()
    assert [each.window.name for each in plan.sized] == ["steady"]
    assert plan.rises == {}


def test_jobs_need_dispatchers():
    traffic = constant(4, bulk_share=0.8)
    [window] = windows_of(traffic, service_model().shot_s, 500)
    assert Sizing(service_model(), traffic, AIMS, 0).needed(window).replicas["dispatcher"] >= 4


def test_autoscaling_that_aims_at_too_many_requests_is_told_and_the_targets_of_the_plan_reach_the_aims():
    stage = {"target_ongoing_requests": 2}
    model = service_model(Settings(segment=stage, generate=stage, postprocess=stage))
    rises = Planner(model, DailyTraffic(300_000, CURVES["evening"]), AIMS, KINDS, 0, SHOTS).needed().rises
    assert rises["settings"].missed
    assert not rises["plan"].missed


def test_machines_that_follow_the_hours_cost_less_than_those_of_the_busiest():
    cost = planned().cost
    assert 0 < cost.day < cost.day_at_peak
    assert cost.per_1000_shots == pytest.approx(1000 * cost.day / 300_000)
    assert cost.machines["cpu"] * 16 >= sum(2 * planned().sized[-1].replicas[stage] for stage in STAGES)


def test_drawings_that_share_steps_need_fewer_gpus():
    diffusion = {"checkpoint": "c", "max_batch": 4}
    generate = GenerateSettings(engine="diffusion", diffusion=diffusion, max_ongoing_requests=4, num_gpus=1)

    def gpus(*gain):
        model = ServiceModel(tiers_of(Settings(generate=generate), gain), stage_times())
        return Planner(model, constant(4), Aims(9, 60), [*KINDS, GPU], 0, 800).needed().cost.machines["gpu"]

    assert gpus(1.0, 1.5, 2.0) < gpus(1.0)


def test_aim_below_what_a_shot_takes_alone_is_refused():
    with pytest.raises(InvalidInput, match="when nothing else is there"):
        Planner(service_model(), constant(1), Aims(1.0, 60)).needed()


def test_settings_that_cannot_keep_up_are_told_instead_of_a_latency():
    plan = Planner(service_model(), constant(3), AIMS, (), 0, 1000).as_set()
    [steady] = plan.to_json()["windows"]
    assert "generate is 100% busy" in plan.missed
    assert steady["interactive_s"] is None
    assert steady["deployments"]["generate"]["waited_s"] is None


def test_settings_that_do_are_told_with_the_replicas_that_autoscaling_comes_to():
    settings = Settings(generate=GenerateSettings(max_replicas=9, target_ongoing_requests=0.5))
    [steady] = Planner(service_model(settings), constant(1), Aims(9, 60), (), 0, 1000).as_set().sized
    assert not steady.missed
    assert steady.replicas["generate"] in (3, 4)
