"""How many replicas render plates follows from how many pixels they have to render."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from ray.serve.config import AutoscalingPolicy

from services.generate.scaling import PixelsInFlight, PixelsPolicy


def context(megapixels, requests, queued=0.0):
    """As Serve gives it, after each replica told how much it has."""
    told = {"megapixels": dict(enumerate(megapixels))} if megapixels else {}
    return SimpleNamespace(aggregated_metrics=told, total_num_requests=requests, total_queued_requests=queued)


@pytest.mark.parametrize(
    ("megapixels", "requests", "queued", "wanted"),
    [
        pytest.param([1.0], 4.0, 0.0, 0.25, id="small canvases need few"),
        pytest.param([16.0], 4.0, 0.0, 4.0, id="as many large ones need more"),
        pytest.param([8.0, 8.0], 8.0, 0.0, 4.0, id="replicas add up"),
        pytest.param([16.0], 1.0, 0.0, 1.0, id="one canvas is rendered by one replica"),
        pytest.param([4.0], 4.0, 2.0, 2.0, id="what waits counts as what is rendered"),
        pytest.param([], 3.0, 3.0, 3.0, id="nobody has told anything yet"),
        pytest.param([0.0], 0.0, 0.0, 0.0, id="nothing is wanted"),
    ],
)
def test_wanted_replicas(megapixels, requests, queued, wanted):
    assert PixelsPolicy(target_megapixels=4.0)(context(megapixels, requests, queued)) == (wanted, {})


def test_canvases_count_until_they_are_made_or_fail():
    in_flight = PixelsInFlight()
    with in_flight.of((1000, 2000)):
        with in_flight.of((3000, 1000)):
            assert in_flight.megapixels == 5
        assert in_flight.megapixels == 2
        with suppress(ZeroDivisionError), in_flight.of((3000, 1000)):
            1 / 0  # noqa: B018 - any error
    assert in_flight.megapixels == 0


def test_serve_can_take_the_policy_to_its_controller():
    policy = AutoscalingPolicy(policy_function=PixelsPolicy, policy_kwargs={"target_megapixels": 2.0})
    made = policy.get_policy()(**policy.policy_kwargs)
    assert made(context([6.0], 4.0)) == (3.0, {})
