"""How many dispatchers there are follows from how long work waits."""

from types import SimpleNamespace

import pytest
from ray.serve._private.common import TimeStampedValue
from ray.serve.config import AutoscalingPolicy

from services.jobs.scaling import BacklogPolicy


def context(target, oldest_s=(), running=0.0):
    """As Serve gives it, after each replica told these values, the last being the newest."""
    series = [[TimeStampedValue(at, value) for at, value in enumerate(told)] for told in oldest_s]
    at_work = [[TimeStampedValue(0, running)] for _ in oldest_s]
    metrics = {"oldest_s": dict(enumerate(series)), "running": dict(enumerate(at_work))} if oldest_s else {}
    return SimpleNamespace(target_num_replicas=target, raw_metrics=metrics)


@pytest.mark.parametrize(
    ("target", "oldest_s", "running", "wanted"),
    [
        pytest.param(1, [[0, 61]], 2.0, 2, id="work waits too long"),
        pytest.param(2, [[70], [50]], 4.0, 3, id="one of two saw it later"),
        pytest.param(2, [[300, 10], [10]], 4.0, 2, id="what waited has begun meanwhile"),
        pytest.param(3, [[0], [0], [0]], 2.0, 2, id="nothing waits, and one has nothing to do"),
        pytest.param(3, [[0], [0], [0]], 3.0, 3, id="nothing waits, but all are busy"),
        pytest.param(3, [[30], [30], [30]], 0.0, 3, id="something waits, but not for long"),
        pytest.param(2, [], 0.0, 2, id="nobody has told anything yet"),
    ],
)
def test_wanted_dispatchers(target, oldest_s, running, wanted):
    assert BacklogPolicy(target_s=60.0)(context(target, oldest_s, running)) == (wanted, {})


def test_serve_can_take_the_policy_to_its_controller():
    policy = AutoscalingPolicy(policy_function=BacklogPolicy, policy_kwargs={"target_s": 5.0})
    made = policy.get_policy()(**policy.policy_kwargs)
    assert made(context(1, [[6]])) == (2, {})
