"""What marketplaces' rules say of photos, as tables and for programs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from services.api.lint import LintFinding, LintPhotoResponse, LintVerdict
from services.cli.batch import Outcome, mended_file
from services.cli.console import asides, results, write_json
from services.cli.group import EXIT_FAILED, one_line


def tell_verdicts(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Tell what came of each photo and rule set.

    Args:
        outcomes: All.
        as_json: For programs.

    Raises:
        typer.Exit: With code 1, where a required rule is broken and was not mended, or a photo could not be looked at.
    """
    if as_json:
        write_json([_facts(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            _print(outcome)
    failed = [outcome for outcome in outcomes if not _passed(outcome)]
    if failed:
        asides().print(f"{len(failed)} of {len(outcomes)} do not pass")
        raise typer.Exit(EXIT_FAILED)


def _print(outcome: Outcome) -> None:
    answer = _answer(outcome)
    title = f"{Path(str(outcome.job.photo)).name}, {outcome.job.label}"
    if outcome.error is not None or answer is None:
        results().print(f"{title}: {one_line(outcome.error) if outcome.error else ''}", style="red", markup=False)
        return
    after = f"; with the fix {summary(answer.fix.verdict)}" if answer.fix else ""
    results().print(f"{title}: {summary(answer.verdict)}{after}", style="bold", markup=False)
    results().print(_table(answer))
    if answer.picture is not None:
        results().print(f"{mended_file(outcome.job.target, answer)}\n", markup=False)


def summary(verdict: LintVerdict) -> str:
    """A verdict in a few words."""
    broken = sum(not each.passed for each in verdict.findings)
    passed = "passes" if verdict.passed else "does not pass"
    return passed if not broken else f"{passed}, {broken} of {len(verdict.findings)} rules broken"


def _table(answer: LintPhotoResponse) -> Any:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    fixed = answer.fix.verdict.findings if answer.fix else []
    for heading in ("rule", "", "photo", *(["with the fix"] if fixed else []), "wanted"):
        table.add_column(heading, overflow="fold")
    for number, finding in enumerate(answer.verdict.findings):
        after = [_told(fixed[number])] if fixed else []
        table.add_row(finding.rule, (finding.level or "").lower(), _told(finding), *after, finding.wanted)
    return table


def _told(finding: LintFinding) -> Any:
    from rich.text import Text

    if finding.passed:
        return Text(finding.found)
    return Text(f"{finding.found}: {finding.unfixed}" if finding.unfixed else finding.found, style="red")


def _answer(outcome: Outcome) -> LintPhotoResponse | None:
    return outcome.answer if isinstance(outcome.answer, LintPhotoResponse) else None


def _passed(outcome: Outcome) -> bool:
    answer = _answer(outcome)
    return answer is not None and answer.passed


def _facts(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {"photo": str(outcome.job.photo), "rules": outcome.job.label, "passed": _passed(outcome)}
    answer = _answer(outcome)
    if outcome.error is not None:
        error = outcome.error
        facts["error"] = {"code": error.code, "message": error.message, "details": error.details}
    if answer is not None:
        facts["answer"] = answer.model_dump(mode="json", exclude={"fix": {"image": {"content"}}}, exclude_none=True)
        if answer.picture is not None:
            facts["file"] = str(mended_file(outcome.job.target, answer))
    return facts
