import json

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.evaluation.shadow import CastShadow
from services.evaluation.truth import shadows


def run(tmp_path, *options: str):
    return CliRunner().invoke(app, ["eval", "--only", "shadow", "--scenes", "1", "--out", str(tmp_path), *options])


def test_bars_that_hold_end_well_with_a_page_and_a_table(tmp_path) -> None:
    done = run(tmp_path, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["measures"]["shadow_rmse"]["holds"]
    assert (tmp_path / "index.html").read_text("utf-8").startswith("<!doctype html>")
    assert "shadow" in (tmp_path / "table.md").read_text("utf-8")


def test_missed_bar_ends_with_exit_code_1(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shadows drawn for a light from the other side are wrong ones."""
    real = shadows.light_directions
    monkeypatch.setattr(shadows, "light_directions", lambda light, count: real(light, count) * (-1, 1, -1))
    done = run(tmp_path)
    assert done.exit_code == 1
    assert "MISSED" in done.stdout
    assert CastShadow.name == "shadow"


def test_unknown_question_is_named(tmp_path) -> None:
    done = CliRunner().invoke(app, ["eval", "--only", "taste", "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert "taste" in done.output
