"""Items of jobs let calls go first that somebody waits for."""

import asyncio

import pytest

from services.api.common import StageName
from services.common.errors import StorageUnavailable
from services.common.metrics import JOB_YIELD_SECONDS, Recorder
from services.jobs.courtesy import Courtesy
from tests.support.fake_metrics import FakeMetrics
from tests.support.patience import until


class Others:
    """Calls that somebody waits for: at work for as many looks as told."""

    def __init__(self, looks=0):
        self.looks = looks
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        return self.asked <= self.looks


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def courtesy(metrics):
    def make(others, patience_s=60.0, **options):
        return Courtesy(others, patience_s, Recorder(metrics), **{"look_every_s": 0.0} | options)

    return make


def yields(metrics):
    return [values for (name, _), values in metrics.values.items() if name == JOB_YIELD_SECONDS.name]


async def test_turn_comes_at_once_where_nobody_waits(courtesy, metrics):
    async with courtesy(Others()).turn(StageName.SEGMENT):
        pass
    assert yields(metrics) == []


async def test_turn_comes_when_the_others_are_done(courtesy, metrics):
    others = Others(looks=3)
    async with courtesy(others).turn(StageName.SEGMENT):
        assert others.asked == 4
    assert len(yields(metrics)) == 1


async def test_turn_comes_when_patience_is_over(courtesy):
    others = Others(looks=10**9)
    async with courtesy(others, patience_s=0.01).turn(StageName.SEGMENT):
        assert others.asked > 1


async def test_turn_comes_while_the_database_is_away(courtesy):
    async def away():
        raise StorageUnavailable("the database does not answer")

    async with courtesy(away).turn(StageName.SEGMENT):
        pass


async def test_one_look_is_believed_for_a_while_by_all(courtesy):
    others = Others()
    polite = courtesy(others, at_stage=4, look_every_s=60.0)

    async def turn():
        async with polite.turn(StageName.SEGMENT):
            pass

    await asyncio.gather(*(turn() for _ in range(4)))
    assert others.asked == 1


@pytest.mark.parametrize("at_stage", [1, 2])
async def test_no_more_than_allowed_are_in_a_stage(courtesy, at_stage):
    polite = courtesy(Others(), at_stage=at_stage)
    inside, most = 0, 0

    async def turn():
        nonlocal inside, most
        async with polite.turn(StageName.SEGMENT):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(turn() for _ in range(6)))
    assert most == at_stage


async def test_stages_do_not_wait_for_each_other(courtesy):
    polite = courtesy(Others())
    async with polite.turn(StageName.SEGMENT), polite.turn(StageName.GENERATE):
        pass


async def test_whoever_leaves_while_waiting_leaves_the_place_to_others(courtesy):
    others = Others(looks=10**9)
    polite = courtesy(others)

    async def turn():
        async with polite.turn(StageName.SEGMENT):
            raise AssertionError("had no turn")

    waiting = asyncio.create_task(turn())
    await until(lambda: others.asked)
    waiting.cancel()
    await asyncio.wait([waiting])
    others.looks = 0
    async with polite.turn(StageName.SEGMENT):
        pass
