"""`vitrine eval`: the whole quality battery, as a table and a page with pictures; exit 1 where a bar is missed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, results, write_json
from services.cli.group import EXIT_FAILED

if TYPE_CHECKING:
    from services.common.settings import Settings
    from services.evaluation.battery import Outcome
    from services.evaluation.page import Shot

SCENES = 32


def evaluate(
    only: Annotated[list[str] | None, typer.Option("--only", help="One question; may be given several times.")] = None,
    scenes: Annotated[int, typer.Option("--scenes", "-n", min=1, help="Drawn scenes per question.")] = SCENES,
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Look at the photos of a folder instead, as far as needs no truth.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page, table and figures.")] = Path("out/eval"),
    write: Annotated[Path | None, typer.Option("--write", help="Markdown document that gets the table.")] = None,
    json: JsonOption = False,
) -> None:
    """Measure what happens to a product, on drawn photos of which everything is known."""
    from services.cli.machine import machine_facts
    from services.evaluation.page import page
    from services.evaluation.table import figures, machine_line, markdown, rich_table, write_into

    settings = open_settings()
    facts = machine_facts()
    machine = machine_line(facts)
    shots: list[Shot] = []
    outcome: Outcome | None = None
    if photos is None:
        outcome = _battery(settings, only or [], scenes)
    else:
        shots = _photos(settings, photos)
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text(page(outcome, machine, shots), "utf-8")
    asides().print(f"page: {out / 'index.html'}")
    if outcome is None:
        return
    text = markdown(outcome, machine)
    (out / "table.md").write_text(text, "utf-8")
    if write is not None:
        write_into(write, text)
    if json:
        write_json(facts | figures(outcome))
    else:
        results().print(rich_table(outcome.rows))
    if not outcome.holds:
        raise typer.Exit(EXIT_FAILED)


def _battery(settings: "Settings", only: list[str], scenes: int) -> "Outcome":
    from services.evaluation.battery import run_battery
    from services.evaluation.case import Cases
    from services.evaluation.cutting import Cutting
    from services.evaluation.questions import open_questions
    from services.models.cache import ModelCache

    cases = Cases(Cutting(settings.segment.threads, ModelCache(settings.models).derived_dir("numba")))
    questions = open_questions(only, cases)
    with asides().status("drawing") as status:
        return run_battery(questions, scenes, lambda name, done, of: status.update(f"{name}: scene {done} of {of}"))


def _photos(settings: "Settings", folder: Path) -> "list[Shot]":
    from services.evaluation.photos import look_at_photos

    with asides().status("opening the stages") as status:
        return look_at_photos(settings, folder, status.update)
