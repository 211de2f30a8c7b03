"""The loop around trainings: one at a time, its lease kept, stopped when it is to stop. The work is a fake's, in a real
thread; the database is real."""

import threading

import pytest

from services.common.errors import NotReady
from services.common.metrics import Recorder
from services.common.training_settings import TrainingSettings
from services.factory.queue import TrainingQueue
from services.factory.trainer import Trainer
from services.factory.watch import Stopped, Why
from tests.support.clocks import Clock
from tests.support.fake_metrics import FakeMetrics
from tests.support.patience import until
from tests.support.training_store import TrainingStore


class FakeWork:
    """Takes steps until it is let go or stopped."""

    def __init__(self):
        self.tasks, self.reasons = [], []
        self.free = threading.Event()

    def run(self, task, watch):
        self.tasks.append(task)
        try:
            while not self.free.wait(0.001):
                watch.tell(watch.step + 1, 0.25)
        except Stopped as stopped:
            self.reasons.append(stopped.why)
            return stopped.why.name.lower()
        return "ok"


class Parts:
    def __init__(self, database):
        self.store = TrainingStore(database)
        self.settings = TrainingSettings(lease_s=1, drain_s=30)
        self.work, self.metrics, self.clock = FakeWork(), FakeMetrics(), Clock()
        queue = TrainingQueue(self.settings)
        recorder = Recorder(self.metrics)
        self.trainer = Trainer(database, queue, self.work, self.settings, recorder, self.clock)

    def told(self, name):
        return {labels: values for (each, labels), values in self.metrics.values.items() if each == name}


@pytest.fixture
async def parts(sqlite_database):
    made = Parts(sqlite_database)
    yield made
    made.work.free.set()
    await made.trainer.drain()


async def test_trainings_are_worked_on_one_at_a_time(parts):
    for style_id in ("a", "b"):
        parts.store.create(style_id)
    parts.trainer.start()
    await until(lambda: parts.work.tasks)
    parts.trainer.wake()
    await until(lambda: parts.store.row(parts.work.tasks[0].training_id).steps_done > 1)
    assert len(parts.work.tasks) == 1
    parts.work.free.set()
    await until(lambda: len(parts.work.tasks) == 2)
    await until(lambda: parts.told("vitrine_style_trainings_total"))
    assert (("outcome", "ok"),) in parts.told("vitrine_style_training_seconds")


async def test_training_at_work_keeps_its_lease_and_tells_how_far_it_is(parts):
    training_id = parts.store.create()
    parts.trainer.start()
    await until(lambda: parts.work.tasks)
    first_s = parts.store.row(training_id).lease_until_s
    await until(lambda: parts.store.row(training_id).lease_until_s > first_s + 1)
    row = parts.store.row(training_id)
    assert (row.state, row.loss, row.steps_done > 0) == ("RUNNING", 0.25, True)


async def test_cancelled_training_stops(parts):
    training_id = parts.store.create()
    parts.trainer.start()
    await until(lambda: parts.work.tasks)
    parts.store.cancel(training_id)
    parts.trainer.wake()
    await until(lambda: parts.work.reasons)
    assert parts.work.reasons == [Why.CANCELLED]


async def test_training_that_is_another_trainers_by_now_stops(parts):
    training_id = parts.store.create()
    parts.trainer.start()
    await until(lambda: parts.work.tasks)
    with parts.store.database.transaction() as session:
        session.get_one(type(parts.store.row(training_id)), training_id).fence += 1
    parts.trainer.wake()
    await until(lambda: parts.work.reasons)
    assert parts.work.reasons == [Why.LOST]


async def test_trainer_that_drains_stops_its_training_and_claims_no_other(parts):
    for style_id in ("a", "b"):
        parts.store.create(style_id)
    parts.trainer.start()
    await until(lambda: parts.work.tasks)
    await parts.trainer.drain()
    assert (parts.work.reasons, len(parts.work.tasks)) == ([Why.DRAINED], 1)


async def test_what_nobody_works_on_any_more_is_claimed_again(parts):
    parts.store.create()
    parts.store.claim()  # its lease ended years ago
    parts.trainer.start()
    await until(lambda: parts.work.tasks)
    assert parts.work.tasks[0].fence == 2


async def test_training_that_gives_no_sign_of_life_is_told_as_stuck(parts, monkeypatch):
    parts.store.create()
    monkeypatch.setattr(parts.work, "run", lambda task, watch: str(parts.work.free.wait()))
    parts.trainer.start()
    await until(lambda: parts.trainer._at_work)
    parts.clock.pass_s(1000)
    parts.trainer.check()
    parts.clock.pass_s(1000)
    with pytest.raises(NotReady, match="no sign of life"):
        parts.trainer.check()


async def test_age_of_the_queue_is_told(parts):
    parts.store.create("a")
    parts.store.create("b")
    parts.trainer.start()
    await until(lambda: parts.trainer.backlog.queued == 1 or parts.work.tasks)
    await parts.trainer._look()
    assert parts.trainer.backlog.oldest_s > 0
    assert parts.told("vitrine_style_training_backlog_seconds")
