"""Preservation reports as tables, and thresholds as options."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.api.studio import Measure, PreservationReport
    from services.client import PreservationThresholds


def report_table(title: str, report: "PreservationReport") -> Any:
    """Every measure with its threshold and verdict; those of single products below those of all.

    Args:
        title: What was measured.
        report: The service's.
    """
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for heading in ("measure", "value", "threshold", "", "worst at"):
        table.add_column(heading, justify="right" if heading in ("value", "threshold") else "left")
    for measure in report.measures:
        table.add_row(*_row(measure))
    for instance in report.instances:
        table.add_row(f"product {instance.instance}", style="bold")
        for measure in instance.measures:
            table.add_row(*_row(measure))
    return table


def _row(measure: "Measure") -> tuple[str, ...]:
    from services.postprocess.preservation.thresholds import CRITERIA

    if measure.value is None:
        return measure.name, "", "", measure.unmeasured, ""
    # A newer service may measure what this command line does not know.
    sense = next((criterion.sense.replace("_", " ") for criterion in CRITERIA if criterion.name == measure.name), "")
    value = f"{measure.value:.4g}"
    asked = "" if measure.threshold is None else f"{sense} {measure.threshold:.4g}".strip()
    verdict = "ok" if measure.passed else "[red]changed[/red]"
    # Where nothing differs, no place is worse than another.
    perfect = value == ("1" if sense == "at least" else "0")
    worst = f"{measure.worst.x}, {measure.worst.y}" if measure.worst and not perfect else ""
    return measure.name, f"{value} {measure.unit}".strip(), asked, verdict, worst


def parse_thresholds(given: Sequence[str]) -> "PreservationThresholds":
    """Options such as `ghost=0.1` as the request's thresholds.

    Raises:
        typer.BadParameter: One is misspelt or out of its range.
    """
    from services.client import PreservationThresholds

    fields: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise typer.BadParameter(
                f"expected MEASURE=VALUE such as halo=20, got {each[:80]!r}", param_hint="--threshold"
            )
        fields[name] = value
    return checked(PreservationThresholds, fields, "--threshold")
