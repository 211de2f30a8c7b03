"""The page of a run: one file that any browser opens, also without a network."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from loadtests.load.verdict import Verdict

_COLUMNS: Final = (
    "calls", "offered_per_s", "goodput_per_s", "p50_s", "p90_s", "p95_s", "p99_s", "first_event_p50_s", "refused",
    "refusal_p50_s", "failed", "late_p99_s",
)  # fmt: skip

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
.inner td:first-child { padding-left: 2rem; color: #555; }
.holds { color: #17723a; } .broken { color: #b3261e; font-weight: 600; }
svg { width: 100%; height: auto; } pre { background: #f6f6f6; padding: 1rem; overflow-x: auto; }
"""


def page_of(run: Mapping[str, Any], verdicts: Sequence[Verdict], svg: str) -> str:
    """The page.

    Args:
        run: What `run.json` holds.
        verdicts: Of the profile's limits.
        svg: The plots.
    """
    machine, versions = run["machine"], run["versions"]
    facts = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, load {machine['load_1min']} before"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Load test: {escape(run["profile"])}</title>
<style>{_STYLE}</style></head><body>
<h1>{escape(run["profile"])}</h1>
<p>{escape(run["summary"])}</p>
<p>{escape(facts)}<br>{escape(", ".join(f"{name} {version}" for name, version in versions.items()))}<br>
commit {escape(run["commit"] or "unknown")}, {escape(run["began"])}, seed {run["seed"]}</p>
<pre>{escape(run["command"])}</pre>
<h2>Limits</h2>
{_limits(verdicts)}
<h2>Phases</h2>
{_phases(run["phases"])}
<p>Times in seconds, counted from the moment a call was due. A phase's first seconds, grey below, are left out
where it needs them to settle. All calls are in samples.csv, what the service told of itself is in server.csv.</p>
<h2>Over time</h2>
{svg}
</body></html>
"""


def _limits(verdicts: Sequence[Verdict]) -> str:
    rows = "".join(
        f'<tr class="{"holds" if each.holds else "broken"}"><td>{escape(each.about)}</td><td>{each.bar}</td>'
        f"<td>{number(each.found)}</td><td>{'holds' if each.holds else 'does not hold'}</td></tr>"
        for each in verdicts
    )
    return f"<table><tr><th>measure</th><th>bar</th><th>found</th><th></th></tr>{rows}</table>"


def _phases(phases: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in _COLUMNS)
    rows = ""
    for phase in phases:
        rows += _row(phase["phase"], phase["figures"])
        inner = {**phase["kinds"], **phase["tenants"]}
        if len(inner) > 1:
            rows += "".join(_row(name, figures, "inner") for name, figures in inner.items())
    return f"<table><tr><th>phase</th>{head}</tr>{rows}</table>"


def _row(name: str, figures: Mapping[str, float | None], kind: str = "") -> str:
    cells = "".join(f"<td>{number(figures[column])}</td>" for column in _COLUMNS)
    return f'<tr class="{kind}"><td>{escape(name)}</td>{cells}</tr>'


def number(value: float | None) -> str:
    """As people read it; a dash where there is none."""
    return "-" if value is None else f"{value:.4g}"
