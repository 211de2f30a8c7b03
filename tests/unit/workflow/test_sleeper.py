"""A stage that sleeps is left asleep by those who ask after it."""

import pytest

from services.common.errors import NotReady
from services.common.lifecycle import Lifecycle
from services.workflow.sleeper import Sleeper


class Stage:
    """A stage whose replicas come and go."""

    def __init__(self):
        self.replicas = 0
        self.broken = False
        self.asked = 0

    async def runs(self):
        if self.broken:
            raise NotReady("it can't be started")
        return self.replicas > 0

    async def ask(self):
        self.asked += 1
        return {"replicas": self.replicas}


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def sleeper(stage):
    return Sleeper(stage.runs, stage.ask)


async def test_stage_without_a_replica_is_asleep_and_not_asked(stage, sleeper):
    assert await sleeper() is Lifecycle.ASLEEP
    assert stage.asked == 0


async def test_stage_is_asked_once_each_time_that_it_has_woken(stage, sleeper):
    stage.replicas = 1
    assert await sleeper() == await sleeper() == {"replicas": 1}
    assert stage.asked == 1
    stage.replicas = 0
    assert await sleeper() is Lifecycle.ASLEEP
    stage.replicas = 2
    assert await sleeper() == {"replicas": 2}
    assert stage.asked == 2


async def test_stage_that_cannot_be_started_is_not_asleep(stage, sleeper):
    stage.broken = True
    with pytest.raises(NotReady):
        await sleeper()
