"""Many pictures at once: what to make of which photo, under which name, and what came of it."""

import asyncio
import glob
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from services.api.lint import LintPhotoResponse
from services.api.photo import PhotoResponse
from services.api.studio import CreateShotResponse, Layer, PreservationReport
from services.cli.configuration import api_key
from services.cli.console import asides, counting_progress, results, seconds, write_json
from services.cli.group import EXIT_FAILED, one_line
from services.cli.interruption import stopped_by_signals
from services.cli.measures import report_table
from services.cli.seen import seen
from services.client import AsyncVitrine, report_of
from services.client.options import is_address
from services.common.errors import Cancelled, InvalidInput, ProductChanged, VitrineError

if TYPE_CHECKING:
    from rich.progress import Progress

#: The files' bytes, which are on disk.
_CONTENT: Any = {"image": {"content"}, "layers": {"__all__": {"blob": {"content"}}}}


@dataclass(frozen=True)
class Job:
    """One picture to make: of a photo (a file, or an address), under a label (its scene, or "cutout"), into a file."""

    photo: Path | str
    label: str
    target: Path


@dataclass(frozen=True)
class Outcome:
    """What came of a job: an answer, or an error."""

    job: Job
    duration_s: float
    answer: PhotoResponse | None = None
    error: VitrineError | None = None


def find_photos(patterns: Sequence[str]) -> list[Path]:
    """The files that paths and patterns name, each once, in order.

    Raises:
        typer.BadParameter: A pattern names no file.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        matches = [path] if path.is_file() else [Path(name) for name in sorted(glob.glob(pattern))]  # noqa: PTH207 - a
        # pattern may be absolute, which Path.glob does not take
        files = [match for match in matches if match.is_file()]
        if not files:
            raise typer.BadParameter(f"no photo at {pattern!r}")
        found.update(dict.fromkeys(files))
    return list(found)


def find_sources(patterns: Sequence[str]) -> list[Path | str]:
    """The same, and addresses as they are, which the service is to fetch from."""
    found: dict[Path | str, None] = {}
    for pattern in patterns:
        found.update(dict.fromkeys([pattern] if is_address(pattern) else find_photos([pattern])))
    return list(found)


def plan(photos: Iterable[Path | str], labels: Sequence[str], out: Path, extension: str) -> list[Job]:
    """One job for each photo and label, as `<stem>-<label>.<extension>`; a stem that is taken gets a number."""
    jobs: list[Job] = []
    taken: set[str] = set()
    for photo in photos:
        own = name_of(photo).stem
        numbered = (f"{own}-{number}" for number in itertools.count(2))
        stem = next(name for name in itertools.chain([own], numbered) if name not in taken)
        taken.add(stem)
        jobs += [Job(photo, label, out / f"{stem}-{label}.{extension}") for label in labels]
    return jobs


def name_of(photo: Path | str) -> Path:
    """A photo's file name; of an address, what its path ends with, as far as a file may be named so."""
    if isinstance(photo, Path):
        return Path(photo.name)
    last = urlsplit(photo).path.rstrip("/").rpartition("/")[2]
    return Path(re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".")[:100] or "photo")


def make_all(
    address: str,
    jobs: Sequence[Job],
    make: Callable[[AsyncVitrine, Job], Awaitable[PhotoResponse]],
    parallel: int,
    bars: "Progress | None" = None,
    heard: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """`run` over one connection, with a bar that counts the pictures; among `bars`, where `make` shows more of them.

    Args:
        address: The service's.
        jobs: The pictures.
        make: Makes one.
        parallel: So many at once.
        bars: To show progress in.
        heard: Told of each outcome as it comes.
    """

    async def connected() -> list[Outcome]:
        async with AsyncVitrine(address, api_key=api_key()) as vitrine:
            with bars or counting_progress() as progress:
                task = progress.add_task("pictures", total=len(jobs))

                def done(outcome: Outcome) -> None:
                    progress.advance(task)
                    heard(outcome)

                return await run(jobs, lambda job: make(vitrine, job), parallel, done)

    return asyncio.run(connected())


async def run(
    jobs: Sequence[Job],
    make: Callable[[Job], Awaitable[PhotoResponse]],
    parallel: int,
    done: Callable[[Outcome], None],
) -> list[Outcome]:
    """Make all pictures, `parallel` at a time; one that fails does not stop the others.

    Ctrl-C and SIGTERM stop the making, not the command: what is not made by then has failed with `Cancelled`.

    Returns:
        One outcome per job, in their order.
    """
    turn = asyncio.Semaphore(parallel)

    async def one(job: Job) -> Outcome:
        async with turn:
            began = time.monotonic()
            try:
                answer = await make(job)
                await asyncio.to_thread(_write_all, job.target, answer)
            except VitrineError as error:
                outcome = Outcome(job, time.monotonic() - began, error=error)
            else:
                outcome = Outcome(job, time.monotonic() - began, answer)
            done(outcome)
            return outcome

    making = [asyncio.ensure_future(one(job)) for job in jobs]
    with stopped_by_signals(making):
        await asyncio.gather(*making, return_exceptions=True)
    return [_unmade(job) if task.cancelled() else task.result() for job, task in zip(jobs, making, strict=True)]


def _unmade(job: Job) -> Outcome:
    """What came of a picture that was not made because somebody stopped all."""
    return Outcome(job, 0.0, error=Cancelled("stopped before it was made"))


def _write_all(target: Path, answer: PhotoResponse) -> None:
    """The picture, and its layers beside it; nothing of a photo that was only looked at."""
    if isinstance(answer, LintPhotoResponse):
        if answer.picture is not None:
            write_file(mended_file(target, answer), answer.picture.content)
        return
    write_file(target, answer.image.content)
    for layer, file in layer_files(target, answer):
        write_file(file, layer.blob.content)


def mended_file(target: Path, answer: LintPhotoResponse) -> Path:
    """Where the picture lies that a fix made: its format is the photo's, or the rule set's."""
    return target.with_suffix(Path(answer.picture.key).suffix) if answer.picture else target


def layer_files(target: Path, answer: PhotoResponse) -> list[tuple[Layer, Path]]:
    """The layers that came with a picture, and where they lie: beside it."""
    layers = answer.layers if isinstance(answer, CreateShotResponse) else []
    numbers = [f"-{layer.instance}" if layer.instance else "" for layer in layers]
    return [
        (layer, target.with_name(f"{target.stem}-{layer.name.lower()}{number}.png"))
        for layer, number in zip(layers, numbers, strict=True)
    ]


def write_file(target: Path, content: bytes) -> None:
    """Write a file, and the folder for it.

    Raises:
        InvalidInput: It can't be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{str(target)!r} can't be written: {error.strerror}", field="out") from error


def tell(outcomes: Sequence[Outcome], *, as_json: bool, measures: bool = False) -> None:
    """Tell what came of each job.

    Args:
        outcomes: All.
        as_json: For programs, with everything that was measured.
        measures: Show each picture's report below the table.

    Raises:
        typer.Exit: With code 1, where a job failed.
    """
    failed = [outcome for outcome in outcomes if outcome.error]
    if as_json:
        write_json([_facts(outcome) for outcome in outcomes])
    else:
        results().print(_table(outcomes))
        for outcome in outcomes if measures else ():
            if found := _report_of(outcome):
                results().print(report_table(f"\n{outcome.job.target.name}", found))
        if failed:
            asides().print(f"{len(failed)} of {len(outcomes)} pictures failed")
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _report_of(outcome: Outcome) -> PreservationReport | None:
    """What was measured of a picture, also of one that was refused for it."""
    if isinstance(outcome.error, ProductChanged):
        return report_of(outcome.error)
    return outcome.answer.report if isinstance(outcome.answer, CreateShotResponse) else None


def _table(outcomes: Sequence[Outcome]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("photo", "of it", "time", "seen", "result"):
        table.add_column(title, overflow="fold")
    for outcome in outcomes:
        error = outcome.error
        text = Text("\n".join(map(str, _files(outcome)))) if error is None else Text(one_line(error), style="red")
        told = "\n".join(seen(outcome.answer)) if outcome.answer else ""
        table.add_row(name_of(outcome.job.photo).name, _made(outcome), seconds(outcome.duration_s), told, text)
    return table


def _made(outcome: Outcome) -> str:
    """The label, and the scene where that is another thing."""
    scene_id = outcome.answer.scene_id if isinstance(outcome.answer, CreateShotResponse) else ""
    return outcome.job.label if scene_id in ("", outcome.job.label) else f"{outcome.job.label}: {scene_id}"


def _files(outcome: Outcome) -> list[Path]:
    """The picture, then its layers."""
    target, answer = outcome.job.target, outcome.answer
    return [target, *(file for _, file in layer_files(target, answer))] if answer else [target]


def _facts(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "photo": str(outcome.job.photo),
        "made": outcome.job.label,
        "duration_s": round(outcome.duration_s, 3),
    }
    if outcome.error is not None:
        details = outcome.error.details
        return facts | {"error": {"code": outcome.error.code, "message": outcome.error.message, "details": details}}
    if outcome.answer is not None:
        answer = outcome.answer.model_dump(mode="json", exclude=_CONTENT)
        layers = [
            {"name": layer.name, "instance": layer.instance, "file": str(file)}
            for layer, file in layer_files(outcome.job.target, outcome.answer)
        ]
        return facts | {"file": str(outcome.job.target), "layers": layers, "answer": answer}
    return facts
