"""`vitrine eval`: the whole quality battery, as a table and a page with pictures; exit 1 where a bar is missed."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, results, write_json
from services.cli.group import EXIT_FAILED

if TYPE_CHECKING:
    from services.common.settings import Settings
    from services.evaluation.battery import Outcome
    from services.evaluation.take import Take

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
    """Measure what happens to a product, on drawn photos of which everything is known, or on real ones.

    Ends with exit code 1 where a bar is missed: of a drawn photo the battery's, of a real one a threshold of its report
    or any other refusal of its picture.
    """
    from services.cli.machine import machine_facts
    from services.evaluation.page import page
    from services.evaluation.table import figures, machine_line, markdown, rich_table, write_into

    if photos is not None and only:
        raise typer.BadParameter("real photos are asked all there is to ask", param_hint="--only")
    settings = open_settings()
    facts = machine_facts()
    machine = machine_line(facts)
    takes: list[Take] = []
    if photos is None:
        outcome = _battery(settings, only or [], scenes)
    else:
        outcome, takes = _photos(settings, photos)
    text = markdown(outcome, machine)
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text(page(outcome, machine, [take.shot() for take in takes]), "utf-8")
    (out / "table.md").write_text(text, "utf-8")
    asides().print(f"page: {out / 'index.html'}")
    if write is not None:
        write_into(write, text, "vitrine eval" if photos is None else "vitrine eval --photos")
    if json:
        write_json(facts | figures(outcome) | ({"takes": [take.facts() for take in takes]} if takes else {}))
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


def _photos(settings: "Settings", folder: Path) -> "tuple[Outcome, list[Take]]":
    from services.evaluation.gallery import outcome_of
    from services.evaluation.photos import look_at_photos

    began = perf_counter()
    with asides().status("opening the stages") as status:
        takes = look_at_photos(settings, folder, status.update)
    return outcome_of(takes, perf_counter() - began), takes
