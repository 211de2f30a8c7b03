import hashlib
import json

import numpy as np
import pytest
import structlog

from services.common.errors import ModelUnavailable
from services.segment.runners import choice
from services.segment.runners.choice import compare, open_runner
from services.segment.runners.int8 import Ranges


class FixedRunner:
    """Answers every batch with one value everywhere."""

    input_hw = (32, 32)

    def __init__(self, name, value):
        self.name = name
        self._value = value

    def run(self, batch):
        return np.full((1, 1, 32, 32), self._value, np.float32)


@pytest.fixture
def choose(tiny_network, tmp_path):
    """Opens the tiny network; `path` names another."""

    def run(kind, path=tiny_network):
        with structlog.testing.capture_logs() as lines:
            runner = open_runner(kind, path, 1, tmp_path, structlog.get_logger())
        return runner.name.partition("-")[0], lines[-1]["reason"]

    return run


@pytest.mark.parametrize("kind", ["openvino", "onnxruntime"])
def test_wanted_library_is_taken(choose, kind):
    assert choose(kind) == (kind, "set")


def test_openvino_is_taken_when_it_agrees(choose):
    library, reason = choose("auto")
    assert library == "openvino"
    assert reason.endswith("agrees with onnxruntime")


def test_unknown_network_is_not_rounded_to_int8(choose):
    assert choose("auto")[1].startswith("no int8")


@pytest.fixture
def knows_tiny(tiny_network, monkeypatch):
    """Int8 is offered on every machine, with ranges of the tiny network that its test sets."""

    def offer(of_tensor):
        digest = hashlib.sha256(tiny_network.read_bytes()).hexdigest()
        monkeypatch.setattr(choice, "computes_bfloat16", lambda: True)
        monkeypatch.setattr(choice.Ranges, "shipped", lambda: Ranges(digest, of_tensor))

    return offer


def test_int8_is_taken_when_it_agrees(knows_tiny, tiny_network, tmp_path):
    knows_tiny({"input": (-0.5, 0.5)})
    with structlog.testing.capture_logs():
        runner = open_runner("auto", tiny_network, 1, tmp_path, structlog.get_logger())
    assert runner.name == "openvino-int8"


def test_int8_that_differs_is_told_and_left(knows_tiny, choose):
    knows_tiny({"input": (-0.01, 0.01)})
    library, reason = choose("auto")
    assert library == "openvino"
    assert reason.startswith("openvino-int8 differs from onnxruntime")


def test_outcome_of_the_comparison_is_remembered(choose, tmp_path):
    choose("auto")
    (verdict,) = tmp_path.glob("agreement-*.json")
    verdict.write_text(json.dumps({"reason": "differs by a mile"}))
    library, reason = choose("auto")
    assert library == "onnxruntime"
    assert reason.endswith("differs by a mile")


def test_unreadable_memory_is_compared_again(choose, tmp_path):
    choose("auto")
    (verdict,) = tmp_path.glob("agreement-*.json")
    verdict.write_text("{")
    assert choose("auto")[0] == "openvino"


def test_network_that_nothing_loads_is_told(choose, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(ModelUnavailable):
        choose("auto", tmp_path / "broken.onnx")


def test_equal_masks_agree():
    assert compare(FixedRunner("a", 0.5), FixedRunner("b", 0.505)) == ""


@pytest.mark.parametrize("value", [0.9, 0.52, float("nan")])
def test_masks_that_differ_are_told(value):
    assert "a differs from b" in compare(FixedRunner("a", value), FixedRunner("b", 0.5))
