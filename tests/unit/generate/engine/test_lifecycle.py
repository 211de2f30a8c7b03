"""An engine's life under requests that never stop, with fake runners and a real store."""

import threading

import pytest
import torch

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.engine.gate import Verdict
from services.generate.engine.lifecycle import EngineRunner, EngineState, EngineWork
from services.generate.engine.spec import Part
from services.generate.engine.store import EngineStore
from tests.support.engines import SIZE_BYTES, engine_spec
from tests.support.fake_runners import FakeRunner

SPEC = engine_spec()
INPUTS = {"sample": torch.ones(2)}
GOOD, BAD = Verdict((), 4, 0.01, 1.0), Verdict(("1x512x512: it is flat",), 4, 1.0, 0.0)


class Life:
    """An engine runner with everything about it."""

    def __init__(self, root, verdict=GOOD, build=None):
        self.fallback, self.engine = FakeRunner("torch", 1.0), FakeRunner("tensorrt", 2.0)
        self.may_build, self.states, self.reached = threading.Event(), [], threading.Condition()
        self.store = EngineStore(root)
        self.fault = ""
        self.building, self.opened = threading.Event(), 0
        work = EngineWork(build or self.build, self.open, lambda runner, spec: verdict, lambda runner, spec: self.fault)
        self.runner = EngineRunner(
            Part.UNET, lambda: SPEC, self.store, work, self.fallback, self.told, look_again_s=0.01
        )

    def build(self, spec, path):
        self.building.set()
        assert self.may_build.wait(30)
        path.write_bytes(b"e" * SIZE_BYTES)

    def open(self, stored):
        self.opened += 1
        if self.opened > 1:
            self.engine = FakeRunner("tensorrt", 2.0)
        return self.engine

    def told(self, part, state, reason):
        with self.reached:
            self.states.append(state)
            self.reached.notify_all()

    def wait_for(self, state, times=1):
        with self.reached:
            assert self.reached.wait_for(lambda: self.states.count(state) >= times, 30), self.states

    def factor(self):
        return self.runner.run(INPUTS)["out"][0].item()


@pytest.fixture
def life(tmp_path):
    made = []

    def make(**more):
        made.append(Life(tmp_path / "store", **more))
        return made[-1]

    yield make
    for one in made:
        one.may_build.set()
        for runner in (one.engine, one.fallback):
            runner.may_go.set()
        one.runner.close()


@pytest.fixture
def active(life):
    one = life()
    one.may_build.set()
    one.runner.start()
    one.wait_for(EngineState.ACTIVE)
    return one


def in_thread(call):
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_requests_are_served_while_the_engine_is_built(life):
    one = life()
    one.runner.start()
    one.wait_for(EngineState.BUILDING)
    assert (one.factor(), one.runner.name, one.runner.state) == (1.0, "torch", EngineState.BUILDING)
    one.may_build.set()
    one.wait_for(EngineState.ACTIVE)
    assert (one.factor(), one.runner.name) == (2.0, "tensorrt")
    assert one.states == [EngineState.BUILDING, EngineState.VERIFYING, EngineState.ACTIVE]


def test_no_request_is_dropped_when_the_engine_takes_over(life):
    """Eight callers go on through the switch: each answer is the fallback's or the engine's, and whole."""
    one, answers, stop = life(), [], threading.Event()

    def call():
        while not stop.is_set():
            answers.append(one.factor())

    threads = [in_thread(call) for _ in range(8)]
    one.runner.start()
    one.may_build.set()
    one.wait_for(EngineState.ACTIVE)
    while one.engine.calls < 50:
        pass
    stop.set()
    for thread in threads:
        thread.join(30)
    assert set(answers) == {1.0, 2.0}
    assert len(answers) == one.fallback.calls + one.engine.calls
    assert (one.fallback.most_at_work, one.engine.most_at_work) == (1, 1)


def test_a_request_under_way_in_the_fallback_ends_there(life):
    one = life()
    one.fallback.may_go.clear()
    answers = []
    thread = in_thread(lambda: answers.append(one.factor()))
    assert one.fallback.entered.wait(30)
    one.runner.start()
    one.may_build.set()
    one.wait_for(EngineState.ACTIVE)
    assert one.factor() == 2.0  # others need not wait for it
    one.fallback.may_go.set()
    thread.join(30)
    assert answers == [1.0]


def test_an_engine_that_differs_never_serves(life):
    one = life(verdict=BAD)
    one.may_build.set()
    one.runner.start()
    one.wait_for(EngineState.QUARANTINED)
    assert (one.factor(), one.engine.closed, one.engine.calls) == (1.0, True, 0)
    assert "flat" in one.runner.status()["reason"]


def test_a_quarantined_engine_is_not_tried_again_after_a_restart(life):
    first = life(verdict=BAD)
    first.may_build.set()
    first.runner.start()
    first.wait_for(EngineState.QUARANTINED)
    second = life()
    second.runner.start()
    second.wait_for(EngineState.QUARANTINED)
    assert second.opened == 0


def test_an_engine_that_fails_at_work_is_quarantined_and_its_request_served(active):
    active.engine.broken = True
    assert active.factor() == 1.0
    assert (active.runner.state, active.engine.closed) == (EngineState.QUARANTINED, True)
    with pytest.raises(ModelUnavailable, match="device is lost"):
        active.store.load(SPEC)


def test_shapes_without_a_profile_go_to_the_fallback(active):
    active.engine.refuses = True
    assert (active.factor(), active.runner.state) == (1.0, EngineState.ACTIVE)


def test_wrong_inputs_are_the_callers_fault(active):
    active.engine.refuses = active.fallback.refuses = True
    with pytest.raises(InvalidInput):
        active.factor()


def test_a_failed_build_leaves_the_fallback_serving(life):
    def fail(spec, path):
        raise ModelUnavailable("the graph is refused")

    one = life(build=fail)
    one.runner.start()
    one.wait_for(EngineState.MISSING)
    assert (one.factor(), one.runner.status()["reason"]) == (1.0, "the graph is refused")


def test_a_build_without_memory_is_tried_with_a_smaller_workspace(life):
    tried = []

    def build(spec, path):
        tried.append(spec.options.workspace_mb)
        if len(tried) < 3:
            raise ModelUnavailable("no memory", reason="out_of_memory")
        path.write_bytes(b"e" * SIZE_BYTES)

    one = life(build=build)
    one.runner.start()
    one.wait_for(EngineState.ACTIVE)
    assert tried == [4096, 2048, 1024]


def test_what_another_builds_is_awaited_and_used(life):
    first, second = life(), life()
    first.runner.start()
    assert first.building.wait(30)
    second.runner.start()
    second.wait_for(EngineState.BUILDING, times=3)
    assert second.factor() == 1.0
    first.may_build.set()
    second.wait_for(EngineState.ACTIVE)
    assert not second.building.is_set()


def test_a_refit_waits_for_who_is_at_work_and_others_are_served_meanwhile(active):
    active.engine.may_go.clear()
    active.engine.entered.clear()
    order, answers = [], []
    at_work = in_thread(lambda: (answers.append(active.factor()), order.append("request")))
    assert active.engine.entered.wait(30)

    def change(runner):
        order.append(("refit", runner.at_work))
        runner.factor = 3.0

    refit = in_thread(lambda: active.runner.refit(change))
    while active.runner.name != "torch":
        pass
    assert active.factor() == 1.0
    active.engine.may_go.set()
    at_work.join(30)
    refit.join(30)
    assert (sorted(map(str, order)), answers) == (sorted(["request", str(("refit", 0))]), [2.0])
    assert active.factor() == 3.0


def test_a_failed_refit_throws_the_engine_away_and_reads_it_anew(active):
    half_changed = active.engine

    def change(runner):
        runner.factor = 9.0
        raise Internal("the refit failed half-way")

    with pytest.raises(Internal):
        active.runner.refit(change)
    active.wait_for(EngineState.ACTIVE, times=2)
    assert (active.factor(), half_changed.closed, active.opened) == (2.0, True, 2)


def test_an_engine_that_draws_nothing_after_a_refit_is_read_anew(active):
    blank = active.engine
    active.fault = "the picture is flat"
    with pytest.raises(ModelUnavailable, match="flat"):
        active.runner.refit(lambda runner: None)
    active.wait_for(EngineState.ACTIVE, times=2)
    assert (active.factor(), blank.closed) == (2.0, True)


def test_there_is_nothing_to_refit_without_an_engine(life):
    with pytest.raises(ModelUnavailable, match="no engine"):
        life().runner.refit(lambda runner: None)


def test_closing_waits_for_who_is_at_work_and_closes_both(active):
    active.runner.close()
    active.runner.close()
    assert (active.engine.closed, active.fallback.closed) == (True, True)


def test_status_holds_what_an_operator_asks(active):
    status = active.runner.status()
    assert (status["part"], status["state"], status["serving"]) == ("unet", "active", "tensorrt")
    assert status["key"] == SPEC.key()
