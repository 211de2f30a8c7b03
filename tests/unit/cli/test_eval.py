import json

import pytest
from typer.testing import CliRunner

from services.api.studio import Measure
from services.cli.main import app
from services.evaluation.shadow import CastShadow
from services.evaluation.take import Take
from services.evaluation.truth import shadows

COMMANDS = ("vitrine eval", "vitrine eval --photos")


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


GHOST = Measure(name="ghost", value=0.05, unit="px", threshold=0.15, passed=True)


@pytest.fixture
def photos(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command on takes that are given; how they come about is no matter of the command."""

    def run_on(*takes: Take, options=()):
        monkeypatch.setattr("services.evaluation.photos.look_at_photos", lambda *_: list(takes))
        return CliRunner().invoke(app, ["eval", "--photos", str(tmp_path), "--out", str(tmp_path), *options])

    return run_on


def test_photos_whose_pictures_pass_end_well_with_all_outputs(photos, tmp_path) -> None:
    document = tmp_path / "quality.md"
    blocks = [f"<!-- measured by {name} -->\nold\n<!-- end of the measured -->\n" for name in COMMANDS]
    document.write_text("".join(blocks), "utf-8")
    done = photos(Take("shoe.jpg, white", (GHOST,)), options=("--json", "--write", str(document)))
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["measures"]["ghost"]["holds"]
    assert found["takes"][0]["name"] == "shoe.jpg, white"
    assert document.read_text("utf-8").startswith(blocks[0])
    assert "| ghost: " in document.read_text("utf-8")
    assert "ghost" in (tmp_path / "table.md").read_text("utf-8")
    assert "shoe.jpg" in (tmp_path / "index.html").read_text("utf-8")


def test_refused_photo_ends_with_exit_code_1(photos) -> None:
    done = photos(Take("shoe.jpg, white", (GHOST,)), Take("hat.jpg, street", refusal="no product was found"))
    assert done.exit_code == 1
    assert "MISSED" in done.stdout


def test_questions_are_not_asked_of_photos(photos) -> None:
    done = photos(Take("shoe.jpg, white", (GHOST,)), options=("--only", "straps"))
    assert done.exit_code == 2
    assert "--only" in done.output
