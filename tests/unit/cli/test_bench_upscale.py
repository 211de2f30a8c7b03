import json

from typer.testing import CliRunner

from services.cli import bench_upscale
from services.cli.main import app


def test_bench_tells_every_way_side_by_side_and_shows_it(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_upscale, "SCENES", ("white", "sweep-grey"))
    words = ["bench", "upscale", "--side", "256", "--network", "realesr-animevideov3", "--out", str(tmp_path)]
    made = CliRunner().invoke(app, words)
    assert made.exit_code == 0, made.output
    figures = json.loads((tmp_path / "upscale.json").read_text())
    assert set(figures["ways"]) == {"lanczos", "realesr-animevideov3"}
    assert len(figures["scenes"]) == 4
    assert figures["ways"]["realesr-animevideov3"]["cpu_s"][1] > figures["ways"]["lanczos"]["cpu_s"][1]
    assert (tmp_path / "upscale.png").exists()
