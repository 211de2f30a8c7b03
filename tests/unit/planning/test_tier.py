"""Deployments as the settings say."""

import pytest

from services.common.errors import InvalidInput
from services.common.settings import GenerateSettings, LimitSettings, SegmentSettings, Settings
from services.planning.tier import tiers_of

DIFFUSION = GenerateSettings(
    engine="diffusion", diffusion={"checkpoint": "c", "max_batch": 2}, max_ongoing_requests=8, num_gpus=1
)


def test_gateway_holds_who_works_and_who_waits_and_refuses_the_rest():
    gateway = tiers_of(Settings(limits=LimitSettings(max_running=3, max_waiting=5)))["gateway"]
    assert (gateway.at_once, gateway.room, gateway.queue) == (3, 8, 0)


def test_gateway_holds_no_more_than_serve_gives_it():
    assert tiers_of(Settings(limits=LimitSettings(max_waiting=100)))["gateway"].room == 64


def test_stage_takes_the_cores_that_it_was_measured_with():
    assert tiers_of(Settings(segment=SegmentSettings(num_cpus=0.5, threads=4)))["segment"].cores == 4


def test_plates_are_made_one_at_a_time_and_drawings_share_steps():
    plates, drawn = (
        tiers_of(Settings(generate=each), (1, 1.7, 2.2))["generate"] for each in (GenerateSettings(), DIFFUSION)
    )
    assert (plates.at_once, plates.capacity) == (1, 1)
    assert (drawn.at_once, drawn.capacity, drawn.gpus) == (8, 1.7, 1)


@pytest.mark.parametrize("gain", [(), (2.0,), (1.0, 0.5)])
def test_gain_of_a_batch_that_is_none_is_refused(gain):
    with pytest.raises(InvalidInput, match="begins with 1"):
        tiers_of(Settings(), gain)
