"""`vitrine jobs`: bulk work, made, watched and steered."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from services.cli.configuration import api_key, service_address
from services.cli.console import AddressOption, JsonOption, results, write_json
from services.cli.job_creation import create

if TYPE_CHECKING:
    from services.client import Job, JobItem, Vitrine

jobs = typer.Typer(no_args_is_help=True, help="Have many pictures made, and see what becomes of them.")
jobs.command()(create)

JobArgument = Annotated[str, typer.Argument(help="The job's id.")]
KeysArgument = Annotated[list[str] | None, typer.Argument(help="Only the items of these keys.", show_default="all")]


class ItemStateChoice(StrEnum):
    """The states of items, as options are written."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobStateChoice(StrEnum):
    """The states of jobs, likewise."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"


def _connected(address: str | None) -> "Vitrine":
    from services.client import Vitrine

    return Vitrine(service_address(address), api_key=api_key())


def _outcome(item: "JobItem") -> str:
    """What became of an item: its verdict, the key of its picture, or why there is neither."""
    key = item.picture.key if item.picture else ""
    if item.lint is not None:
        return f"{'passes' if item.lint.passed else 'does not pass'} {key}"
    return item.error.message if item.error else key


def _tell(job: "Job", *, as_json: bool) -> None:
    from services.cli.job_watch import summary

    if as_json:
        write_json(job.model_dump(mode="json", exclude_none=True))
    else:
        results().print(summary(job))


@jobs.command("list")
def list_jobs(
    state: Annotated[list[JobStateChoice] | None, typer.Option(help="Only these; may be given several times.")] = None,
    name: Annotated[str, typer.Option(help="Only jobs whose name begins so.")] = "",
    most: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """List your jobs, the newest first."""
    import itertools

    from rich.table import Table

    from services.client import JobState

    states = [JobState[each.name] for each in state or ()]
    with _connected(address) as vitrine:
        found = list(itertools.islice(vitrine.jobs.list(states=states, name_prefix=name), most))
    if json:
        write_json([job.model_dump(mode="json", exclude_none=True) for job in found])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("job", "name", "state", "items", "done", "failed", "created"):
        table.add_column(title, justify="right" if title in ("items", "done", "failed") else "left", overflow="fold")
    for job in found:
        counts = (str(job.counts.total), str(job.counts.succeeded), str(job.counts.failed))
        table.add_row(job.job_id, job.name, (job.state or "").lower(), *counts, job.create_time)
    results().print(table)


@jobs.command()
def show(job_id: JobArgument, address: AddressOption = None, json: JsonOption = False) -> None:
    """Tell how far a job is."""
    with _connected(address) as vitrine:
        _tell(vitrine.jobs.get(job_id), as_json=json)


@jobs.command()
def items(
    job_id: JobArgument,
    state: Annotated[list[ItemStateChoice] | None, typer.Option(help="Only these; may be given several times.")] = None,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """List a job's items, with their results and errors; JSON is one item a line."""
    from services.client import ItemState

    states = [ItemState[each.name] for each in state or ()]
    with _connected(address) as vitrine:
        for item in vitrine.jobs.items(job_id, states=states):
            if json:
                typer.echo(item.model_dump_json(exclude_none=True))
                continue
            typer.echo(f"{item.key}\t{(item.state or '').lower()}\t{' '.join(_outcome(item).split())}")


@jobs.command()
def watch(
    job_id: JobArgument,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Fetch the pictures into this folder.")] = None,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Follow a job to its end. Pictures that lie in the folder already are not fetched again."""
    from services.cli.job_watch import watch_job

    watch_job(service_address(address), job_id, out, as_json=json)


@jobs.command()
def cancel(
    job_id: JobArgument, keys: KeysArgument = None, address: AddressOption = None, json: JsonOption = False
) -> None:
    """End a job, or some of its items; what is being worked on stops."""
    with _connected(address) as vitrine:
        _tell(vitrine.jobs.cancel(job_id, keys or ()), as_json=json)


@jobs.command()
def pause(job_id: JobArgument, address: AddressOption = None, json: JsonOption = False) -> None:
    """Begin no further item of a job."""
    with _connected(address) as vitrine:
        _tell(vitrine.jobs.pause(job_id), as_json=json)


@jobs.command()
def resume(job_id: JobArgument, address: AddressOption = None, json: JsonOption = False) -> None:
    """Go on with a job that was paused."""
    with _connected(address) as vitrine:
        _tell(vitrine.jobs.resume(job_id), as_json=json)


@jobs.command()
def retry(
    job_id: JobArgument, keys: KeysArgument = None, address: AddressOption = None, json: JsonOption = False
) -> None:
    """Try a job's failed items again."""
    with _connected(address) as vitrine:
        answer = vitrine.jobs.retry(job_id, keys or ())
    if json:
        write_json(answer.model_dump(mode="json", exclude_none=True))
    else:
        typer.echo(f"{answer.retried} items are tried again")


@jobs.command()
def manifest(
    job_id: JobArgument,
    file_format: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="Of the file.")] = "jsonl",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file.", show_default="standard output")] = None,
    address: AddressOption = None,
) -> None:
    """Write what became of every item to a file, a line for each."""
    import sys

    from services.cli.batch import write_file
    from services.client import ManifestFormat

    with _connected(address) as vitrine:
        content = vitrine.jobs.manifest(job_id, ManifestFormat(file_format.upper()))
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        write_file(out, content)


@jobs.command("rm")
def remove(
    job_ids: Annotated[list[str], typer.Argument(help="Jobs that have ended.")], address: AddressOption = None
) -> None:
    """Remove jobs that have ended, with their results."""
    with _connected(address) as vitrine:
        for job_id in job_ids:
            vitrine.jobs.delete(job_id)


def upload(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Photos, or lists of items.")],
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Put files into the service's store; prints the keys that name them in requests and lists (`blob_key`)."""
    keys: dict[str, Any] = {}
    with _connected(address) as vitrine:
        for file in files:
            keys[str(file)] = vitrine.jobs.upload(file)
            if not json:
                typer.echo(f"{keys[str(file)]}\t{file}")
    if json:
        write_json(keys)
