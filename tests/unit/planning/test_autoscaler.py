"""Replicas follow their load by Serve's rule."""

from dataclasses import dataclass

import pytest
import simpy

from services.planning.autoscaler import Autoscaler, ScalingPace
from services.planning.pool import Pool
from tests.support.planning import pool_of, tier

PACE = ScalingPace(look_back_s=30, report_s=10, upscale_delay_s=30, downscale_delay_s=600, start_up_s=0)


@dataclass
class Scaled:
    environment: simpy.Environment
    pool: Pool

    def after(self, seconds):
        self.environment.run(until=self.environment.now + seconds)
        return self.pool.target


@pytest.fixture
def scaled():
    environment = simpy.Environment()
    pool = pool_of(environment, tier(room=100, target_ongoing=2), 1)
    environment.process(Autoscaler(environment, pool, PACE).run())
    return Scaled(environment, pool)


def test_replicas_grow_once_more_were_wanted_for_the_whole_delay(scaled):
    for _ in range(7):
        scaled.pool.hold()
    assert scaled.after(39) == 1
    assert scaled.after(2) == 4


def test_replicas_keep_within_their_limits(scaled):
    for _ in range(99):
        scaled.pool.hold()
    assert scaled.after(60) == 10


def test_replicas_shrink_after_their_own_delay(scaled):
    places = [scaled.pool.hold() for _ in range(7)]
    scaled.after(60)
    for place in places:
        scaled.pool.release(place)
    assert scaled.after(600) == 4
    assert scaled.after(60) == 1


def test_short_peak_changes_nothing(scaled):
    places = [scaled.pool.hold() for _ in range(7)]
    scaled.after(12)
    for place in places:
        scaled.pool.release(place)
    assert scaled.after(300) == 1
