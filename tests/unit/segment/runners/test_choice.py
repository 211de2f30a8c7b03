import json

import numpy as np
import pytest
import structlog

from services.common.errors import ModelUnavailable
from services.segment.runners.choice import compare, open_runner


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
    assert choose("auto") == ("openvino", "agrees with onnxruntime")


def test_outcome_of_the_comparison_is_remembered(choose, tmp_path):
    choose("auto")
    (verdict,) = tmp_path.glob("agreement-*.json")
    verdict.write_text(json.dumps({"reason": "differs by a mile"}))
    assert choose("auto") == ("onnxruntime", "differs by a mile")


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
