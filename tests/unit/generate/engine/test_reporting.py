import pytest

from services.common.metrics import Recorder
from services.generate.engine.lifecycle import EngineState
from services.generate.engine.reporting import EngineMetrics
from services.generate.engine.selector import RunnerKind
from services.generate.engine.spec import Part
from tests.support.fake_metrics import FakeMetrics


@pytest.fixture
def written():
    return FakeMetrics()


def last(written, name, **labels):
    return written.values[name, tuple(sorted(labels.items()))][-1]


def test_one_state_and_one_runner_are_told_at_a_time(written):
    report = EngineMetrics(Recorder(written), RunnerKind.OPENVINO)
    for state in (EngineState.BUILDING, EngineState.VERIFYING, EngineState.ACTIVE):
        report(Part.UNET, state, "")
        on = [each for each in EngineState if last(written, "vitrine_engine_state", part="unet", state=each.value)]
        assert on == [state]
    assert last(written, "vitrine_runner", part="unet", runner="openvino") == 1
    assert last(written, "vitrine_runner", part="unet", runner="torch") == 0


def test_torch_is_told_while_nothing_else_is_ready(written):
    report = EngineMetrics(Recorder(written), RunnerKind.OPENVINO)
    report.begin([Part.UNET])
    assert last(written, "vitrine_runner", part="unet", runner="torch") == 1
    report(Part.UNET, EngineState.QUARANTINED, "it is flat")
    assert last(written, "vitrine_runner", part="unet", runner="torch") == 1


def test_way_of_torch_that_was_chosen_is_told(written):
    EngineMetrics(Recorder(written), RunnerKind.TORCH_GRAPHS).begin([Part.UNET])
    assert last(written, "vitrine_runner", part="unet", runner="torch_graphs") == 1
