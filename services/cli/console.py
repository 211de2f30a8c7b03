"""What the commands write, and where: results on standard output, progress and complaints on standard error."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

#: Wide enough for any table of ours.
UNBROKEN_COLUMNS = 200

JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs instead of a table.")]
AddressOption = Annotated[
    str | None, typer.Option("--address", help="Host and port of the service's gRPC.", show_default="this machine")
]


def results() -> "Console":
    """The console for tables; a file or pipe has room for whole lines."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else UNBROKEN_COLUMNS)


def asides() -> "Console":
    """The console for progress and complaints."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def write_json(value: Any) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def save_json(value: Any, file: Path) -> None:
    """Write a value for programs to a file, whose folder is made if it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2) + "\n", "utf-8")


def counting_progress() -> "Progress":
    """Bars that count things done; where nobody watches a terminal, only the end is written."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=asides()
    )


def fetching_progress() -> "Progress":
    """Bars that count bytes."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    return Progress(
        TextColumn("{task.description:24}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=asides()
    )


def seconds(value: float) -> str:
    """A duration for a table: three digits that matter."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
