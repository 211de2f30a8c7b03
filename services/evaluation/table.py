"""The battery's answer as a table: for a terminal, for a Markdown document, and for programs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from services.common.errors import InvalidInput
from services.evaluation.battery import Outcome, Row

if TYPE_CHECKING:
    from rich.table import Table

HEAD: Final = ("measure", "bar", "median", "quartiles", "worst", "scenes", "")
_END: Final = "<!-- end of the measured -->"


def cells(row: Row) -> tuple[str, ...]:
    """One row's words, as in `HEAD`."""

    def number(value: float) -> str:
        return f"{value:.{row.bar.digits}f}"

    verdict = ("holds" if row.holds else "MISSED") if row.bar.judges else ""
    bound = f"{row.bar.bound}, {row.bar.over.value}" if row.bar.bound else "told only"
    if row.bar.counts:
        yes = f"{sum(value >= 1 for value in row.values)} of {len(row.values)}"
        return row.bar.title, bound, yes, "", "", str(len(row.values)), verdict
    quartiles = f"{number(row.quantile(0.25))} to {number(row.quantile(0.75))}"
    middle, worst = number(row.quantile(0.5)), number(row.values[0])
    return row.bar.title, bound, middle, quartiles, worst, str(len(row.values)), verdict


def rich_table(rows: Sequence[Row]) -> "Table":
    """For a terminal."""
    from rich.table import Table  # noqa: PLC0415 - only commands have a terminal

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in HEAD:
        table.add_column(title, justify="right" if title in {"median", "worst", "scenes"} else "left")
    for row in rows:
        table.add_row(*cells(row), style=None if row.holds else "bold red")
    return table


def markdown(outcome: Outcome, machine: str) -> str:
    """For a document: the table, and what it was measured on."""
    lines = [HEAD, tuple("---" for _ in HEAD), *map(cells, outcome.rows)]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    took = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in outcome.seconds.items())
    return f"{machine}\n\n{table}\nTime: {sum(outcome.seconds.values()):.0f} s in all ({took}).\n"


def figures(outcome: Outcome) -> dict[str, Any]:
    """For programs: every value, worst scene first."""
    return {
        "holds": outcome.holds,
        "seconds": {name: round(seconds, 2) for name, seconds in outcome.seconds.items()},
        "measures": {row.bar.measure: dict(_facts(row)) for row in outcome.rows},
    }


def _facts(row: Row) -> Iterator[tuple[str, Any]]:
    yield "title", row.bar.title
    yield "bound", row.bar.bound
    yield "over", row.bar.over.value
    yield "holds", row.holds
    yield "median", row.quantile(0.5)
    yield "scenes", [[reading.scene, reading.values[row.bar.measure]] for reading in row.readings]


def machine_line(facts: Mapping[str, Any]) -> str:
    """What a measurement was made on, in one line."""
    machine = facts["machine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, load {machine['load_1min']} at the "
        f"beginning; commit {facts['commit'] or 'unknown'}."
    )


def write_into(document: Path, text: str, command: str = "vitrine eval") -> None:
    """Put the table between the marks of a Markdown document.

    Args:
        document: Holds `<!-- measured by COMMAND -->` and, below, `<!-- end of the measured -->`.
        text: What comes between them.
        command: That measured it; each has marks of its own.

    Raises:
        InvalidInput: The document is not there or has no marks.
    """
    try:
        before = document.read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"{document} can't be read: {error}", field="write", got=str(document)) from error
    mark = f"<!-- measured by {command} -->"
    block = re.compile(rf"({re.escape(mark)}\n).*?({re.escape(_END)})", re.DOTALL)
    if not block.search(before):
        raise InvalidInput(f"{document} has no '{mark}' and '{_END}'", field="write")
    document.write_text(block.sub(lambda found: f"{found[1]}{text}{found[2]}", before), "utf-8")
