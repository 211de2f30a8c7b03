import threading

import pytest
import torch

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.engine.gate import Verdict
from services.generate.engine.lifecycle import EngineState
from services.generate.engine.prepared import Preparation, PreparedRunner
from services.generate.engine.spec import Part

GOOD, BAD = Verdict((), 2, 0.01, 0.99), Verdict(("it is flat",), 2, 1.0, 0.0)


class FixedRunner:
    """Answers with its number, or raises."""

    def __init__(self, name, value, error=None):
        self.name, self.error, self.closed = name, error, 0
        self._value = value

    def run(self, inputs):
        if self.error:
            raise self.error
        return {"noise_pred": torch.tensor(self._value)}

    def close(self):
        self.closed += 1


@pytest.fixture
def states():
    return []


@pytest.fixture
def prepared(states):
    """A runner over "torch", whose own is to be "own"."""

    def get(make=None, verdict=GOOD, own=None):
        own = own or FixedRunner("own", 1.0)
        return PreparedRunner(
            Part.UNET, make or (lambda: own), lambda runner: verdict, FixedRunner("torch", 0.0),
            lambda part, state, reason: states.append((state, reason)),
        )  # fmt: skip

    return get


def answer(runner):
    return float(runner.run({})["noise_pred"])


def test_torch_serves_until_the_own_runner_is_ready(prepared, states):
    runner = prepared()
    assert (answer(runner), runner.name, runner.state) == (0.0, "torch", EngineState.MISSING)
    runner.prepare()
    assert (answer(runner), runner.name, runner.state) == (1.0, "own", EngineState.ACTIVE)
    assert [state for state, _ in states] == ["building", "verifying", "active"]


def test_requests_are_served_while_it_is_made(prepared):
    making, go_on = threading.Event(), threading.Event()

    def make():
        making.set()
        go_on.wait(10)
        return FixedRunner("own", 1.0)

    runner = prepared(make)
    preparation = Preparation((runner,))
    preparation.start()
    making.wait(10)
    assert (answer(runner), runner.state) == (0.0, EngineState.BUILDING)
    go_on.set()
    preparation._thread.join(10)
    assert answer(runner) == 1.0


def test_runner_that_disagrees_never_serves(prepared, states):
    own = FixedRunner("own", 1.0)
    runner = prepared(verdict=BAD, own=own)
    runner.prepare()
    assert (answer(runner), runner.state, own.closed) == (0.0, EngineState.QUARANTINED, 1)
    assert states[-1][1] == "it is flat"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ModelUnavailable("no such part"), "no such part"), (RuntimeError("secret"), "the log says why")],
    ids=["ours", "another"],
)
def test_runner_that_can_not_be_made_leaves_torch_serving(prepared, states, error, reason):
    def make():
        raise error

    runner = prepared(make)
    runner.prepare()
    assert (answer(runner), runner.state) == (0.0, EngineState.MISSING)
    assert reason in states[-1][1]


def test_runner_that_fails_at_work_drops_no_request_and_serves_no_more(prepared):
    own = FixedRunner("own", 1.0)
    runner = prepared(own=own)
    runner.prepare()
    own.error = Internal("the network failed")
    assert answer(runner) == 0.0
    own.error = None
    assert (answer(runner), runner.state) == (0.0, EngineState.QUARANTINED)


def test_wrong_inputs_are_the_callers_fault(prepared):
    own = FixedRunner("own", 1.0)
    runner = prepared(own=own)
    runner.prepare()
    own.error = InvalidInput("another shape")
    with pytest.raises(InvalidInput):
        runner.run({})
    assert runner.state == EngineState.ACTIVE


def test_status_says_who_serves_and_why(prepared):
    runner = prepared()
    runner.prepare()
    assert runner.status() == {
        "part": "unet", "state": "active", "reason": "agrees with torch in 2 outputs", "serving": "own",
    }  # fmt: skip


def test_closed_preparation_begins_nothing_further(prepared):
    preparation = Preparation((prepared(),))
    preparation.close()
    preparation.run()
    assert preparation.runners[0].state == EngineState.MISSING


def test_closing_closes_both_runners(prepared):
    own = FixedRunner("own", 1.0)
    runner = prepared(own=own)
    runner.prepare()
    runner.close()
    runner.close()
    assert own.closed == 1
