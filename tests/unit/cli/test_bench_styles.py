import json

from typer.testing import CliRunner

from services.cli.main import app


def test_bench_tells_pictures_and_the_swap(tmp_path):
    out = tmp_path / "figures.json"
    words = ["bench", "styles", "--rounds", "3", "--steps", "1", "--size", "64", "--out", str(out)]
    made = CliRunner().invoke(app, words)
    assert made.exit_code == 0, made.output
    figures = json.loads(out.read_text())
    assert set(figures["picture_s"]) == {"no style", "same style", "another style"}
    assert {spread["n"] for spread in figures["picture_s"].values()} == {3}
    assert figures["swap_s"]["median"] > 0
