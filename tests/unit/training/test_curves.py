"""Curves of a log."""

import pytest
from PIL import Image

from training.curves import draw_curves
from training.run import read_log


@pytest.fixture
def log(tmp_path):
    lines = ('{"step": 2, "samples": 4, "loss": 0.5}', '{"step": 4, "samples": 8, "loss": 0.4}')
    (tmp_path / "log.jsonl").write_text("\n".join([*lines, '{"step": 2, "samples": 4, "loss": 0.3}']) + "\n")
    return tmp_path


def test_repeated_steps_count_as_they_came_out_last(log):
    assert [line["loss"] for line in read_log(log)] == [0.3, 0.4]


def test_a_log_becomes_a_picture(log):
    draw_curves({"denoiser": read_log(log)}, log / "curves.png")
    with Image.open(log / "curves.png") as picture:
        assert picture.width > picture.height
