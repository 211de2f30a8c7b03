import json

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from tests.support.tiny_checkpoint import write_tiny_checkpoint


@pytest.mark.parametrize("trained", [False, True])
def test_bench_tells_pictures_and_the_swap(tmp_path, trained):
    out = tmp_path / "figures.json"
    drawn_by = ["--checkpoint", str(write_tiny_checkpoint(tmp_path / "tiny"))] if trained else ["--size", "64"]
    words = ["bench", "styles", "--rounds", "3", "--steps", "1", *drawn_by, "--out", str(out)]
    made = CliRunner().invoke(app, words)
    assert made.exit_code == 0, made.output
    figures = json.loads(out.read_text())
    assert figures["checkpoint"] == ("tiny" if trained else "untrained")
    assert set(figures["picture_s"]) == {"no style", "same style", "another style"}
    assert {spread["n"] for spread in figures["picture_s"].values()} == {3}
    assert figures["swap_s"]["median"] > 0
