"""What becomes of claims: with a real database, store and registry, and styles that are made at once."""

import hashlib

import pytest

from services.common.errors import InvalidInput, StorageUnavailable
from services.common.settings import StyleSettings
from services.factory.attempt import LOST, OK, RELEASED, Attempts
from services.factory.schema import Made, Seen
from services.factory.watch import Stopped, Watch, Why
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.styles.registry import StyleRegistry
from services.styles.schema import Style
from tests.support.training_store import TrainingStore

DATA = b"an adapter"


class FakeMaker:
    """Makes a style at once, unless it is told to do something else before."""

    def __init__(self, blobs):
        self.blobs = blobs
        self.before = lambda task, watch, keep: None
        self.cleared = []

    def make(self, task, watch, keep):
        self.before(task, watch, keep)
        seen = [self.blobs.put(task.file_key(name), b"picture", "image/png") for name in ("loss.png", "samples.png")]
        digest = hashlib.sha256(DATA).hexdigest()
        return Made(Style(task.tenant, task.style_id, task.description, digest, len(DATA), 2), DATA, Seen(*seen))

    def clear(self, tenant, training_id, seen=None):
        self.cleared.append((training_id, seen is not None))


class Parts:
    def __init__(self, database, directory):
        self.store = TrainingStore(database)
        self.blobs = LocalBlobs(directory / "blobs", Signature(b"k" * 32), "http://testserver", 60)
        self.registry = StyleRegistry(self.blobs, StyleSettings(max_per_tenant=2))
        self.maker = FakeMaker(self.blobs)
        self.attempts = Attempts(database, self.store.queue, self.maker, self.registry)

    def run(self, task=None, before=None):
        if before:
            self.maker.before = before
        return self.attempts.run(task or self.store.claim(), Watch())

    def styles(self):
        return sorted(self.registry.known_to("acme"))

    def files(self):
        return sorted(each.key for each in self.blobs.under("styles"))


@pytest.fixture
def parts(sqlite_database, tmp_path):
    return Parts(sqlite_database, tmp_path)


def stop(why):
    def raise_it(*_):
        raise Stopped(why)

    return raise_it


def test_training_becomes_a_style_of_its_tenant(parts):
    training_id = parts.store.create()
    assert parts.run() == OK
    assert parts.styles() == ["linen"]
    assert parts.registry.known_to("acme")["linen"].description == "unbleached"
    row = parts.store.row(training_id)
    assert (row.state, "1-loss.png" in row.loss_plot, "1-samples.png" in row.sample_sheet) == ("SUCCEEDED", True, True)
    assert parts.maker.cleared == [(training_id, True)]


def test_claim_that_was_lost_meanwhile_registers_nothing(parts):
    parts.store.create()

    def lose(*_):
        parts.store.clock.pass_s(1000)
        parts.store.ask("reap")

    assert parts.run(before=lose) == LOST
    assert parts.styles() == []
    assert parts.maker.cleared == []


def test_file_of_a_lost_claim_stays_for_who_made_the_same(parts):
    parts.store.create()
    old = parts.store.claim()
    parts.store.clock.pass_s(1000)
    parts.store.ask("reap")
    new = parts.store.claim()
    assert parts.run(old) == LOST
    assert len(parts.files()) == 1, "the new claim may have put the same file there, and not registered it yet"
    assert parts.run(new) == OK
    assert parts.blobs.get(parts.registry.known_to("acme")["linen"].key) == DATA


def test_training_that_is_cancelled_at_its_last_step_leaves_no_style(parts):
    training_id = parts.store.create()
    assert parts.run(before=lambda *_: parts.store.cancel(training_id)) == "cancelled"
    assert parts.store.state(training_id) == "CANCELLED"
    assert (parts.styles(), parts.files()) == ([], [])
    assert parts.maker.cleared == [(training_id, False)]


def test_drained_training_is_given_back(parts):
    training_id = parts.store.create()
    assert parts.run(before=stop(Why.DRAINED)) == RELEASED
    assert parts.store.state(training_id) == "QUEUED"
    assert parts.maker.cleared == []


def test_training_that_stops_as_it_was_lost_is_left_alone(parts):
    training_id = parts.store.create()
    assert parts.run(before=stop(Why.LOST)) == LOST
    assert parts.store.state(training_id) == "RUNNING"


def test_state_that_can_not_be_noted_stops_a_lost_claim(parts):
    training_id = parts.store.create()

    def lose(task, watch, keep):
        parts.store.clock.pass_s(1000)
        parts.store.ask("reap")
        keep(task, "late", 2)

    assert parts.run(before=lose) == LOST
    assert parts.store.row(training_id).kept_key is None


@pytest.mark.parametrize(
    ("error", "outcome", "state"),
    [
        (InvalidInput("the caption has too many tokens"), "invalid_input", "FAILED"),
        (StorageUnavailable("away"), "storage_unavailable", "QUEUED"),
        (RuntimeError("out of memory at 10.0.0.7"), "internal", "QUEUED"),
    ],
    ids=["stays wrong", "may pass", "our fault"],
)
def test_failure_is_told_by_its_type(parts, error, outcome, state):
    training_id = parts.store.create()

    def fail(*_):
        raise error

    assert parts.run(before=fail) == outcome
    row = parts.store.row(training_id)
    assert (row.state, row.error_code) == (state, outcome)
    assert "10.0.0.7" not in row.error


def test_style_that_somebody_made_meanwhile_is_a_conflict_and_stays(parts):
    training_id = parts.store.create()
    parts.run(before=lambda *_: parts.registry.add(Style("acme", "linen", "own", "f" * 64, 1)))
    assert (parts.store.state(training_id), parts.store.row(training_id).error_code) == ("FAILED", "conflict")
    assert parts.registry.known_to("acme")["linen"].description == "own"
    assert parts.files() == ["styles/acme/index.json"]


def test_file_of_a_style_that_is_refused_at_the_last_moment_goes(parts, monkeypatch):
    parts.store.create()
    succeed = parts.store.queue.succeed

    def after_another(*arguments):
        parts.registry.add(Style("acme", "linen", "own", "f" * 64, 1))
        return succeed(*arguments)

    monkeypatch.setattr(parts.store.queue, "succeed", after_another)
    assert parts.run() == "conflict"
    assert parts.files() == ["styles/acme/index.json"]


def test_database_that_is_away_at_the_end_leaves_the_training_to_its_lease(parts, monkeypatch):
    training_id = parts.store.create()

    def away(*_):
        raise StorageUnavailable("away")

    monkeypatch.setattr(parts.store.queue, "succeed", away)
    monkeypatch.setattr(parts.store.queue, "fail", away)
    assert parts.run() == LOST
    assert (parts.store.state(training_id), parts.styles()) == ("RUNNING", [])
