"""A plan for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from services.cli.console import seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from services.planning.outcome import Outcome
    from services.planning.plan import Cost, Plan, Rise, Sized

_WAYS: Final = {"settings": "of the settings", "plan": "of this plan"}
_KINDS: Final = (("shots", "interactive_s"), ("items", "bulk_s"), ("begin", "backlog_s"))


def tell_plan(plan: "Plan", console: "Console") -> None:
    """Write all of it.

    Args:
        plan: What the planner answered.
        console: Where to.
    """
    console.print(f"{plan.traffic}; {max(plan.hourly_per_s):.3g} a second in the busiest hour")
    console.print(f"stage times: {plan.times}")
    console.print(f"aim: 95 of 100 interactive shots within {seconds(plan.aims.p95_s)}, at most 1 % refused\n")
    console.print(_windows(plan.sized))
    console.print()
    console.print(_replicas(plan))
    if plan.rises:
        console.print("\nautoscaling in the hour in which traffic grows most:")
    for name, rise in plan.rises.items():
        console.print(f"  with target_ongoing_requests {_WAYS[name]} ({_targets(rise)}): {_rise(rise)}")
    if plan.cost is not None:
        console.print(f"\n{_cost(plan.cost)}")
    console.print(f"\n[bold]{'Not reached. ' + plan.missed if plan.missed else 'All aims are reached.'}[/bold]")


def _windows(sized: "Sequence[Sized]") -> "Table":
    """What was simulated, and how long everybody took; `begin` is how long a job's items wait to begin."""
    table = _table("window", "shots/s", "simulated", "median", "p95", "p99")
    for each in sized:
        window, outcome = each.window, each.outcome
        whole = f"one shot of {window.factor:.3g}" if window.factor > 1 else "every shot"
        simulated = f"{outcome.arrived} in {outcome.length_s:.0f} s, {whole}"
        if outcome.overload:
            table.add_row(window.name, f"{window.per_s:.3g}", simulated, "[red]overload[/red]", "", "")
            continue
        for number, (name, cells) in enumerate(_latencies(outcome)):
            first = (
                (f"{window.name} (hour {window.hour})", f"{window.per_s:.3g}", simulated) if not number else ("",) * 3
            )
            table.add_row(*first, *(f"{cell} {name}" if not place else cell for place, cell in enumerate(cells)))
    return table


def _latencies(outcome: "Outcome") -> list[tuple[str, list[str]]]:
    from services.planning.outcome import percentiles

    found = [(name, percentiles(getattr(outcome, field))) for name, field in _KINDS]
    return [(name, [seconds(value) for value in each.values()]) for name, each in found if each]


def _replicas(plan: "Plan") -> "Table":
    busiest = plan.sized[-1]
    table = _table(
        "replicas", *(each.window.name for each in plan.sized), "busy", "waited for", "target_ongoing_requests"
    )
    for name, use in busiest.outcome.tiers.items():
        counts = [str(each.replicas[name]) for each in plan.sized]
        waited = "-" if busiest.outcome.overload else seconds(use.waited_s)
        target = f"{plan.targets[name]:g}" if name in plan.targets else "-"
        table.add_row(name, *counts, f"{use.utilisation:.0%}", waited, target)
    return table


def _targets(rise: "Rise") -> str:
    return ", ".join(f"{name} {target:g}" for name, target in rise.targets.items())


def _rise(rise: "Rise") -> str:
    from services.planning.outcome import percentiles

    waited = percentiles(rise.outcome.interactive_s)
    if rise.missed or waited is None:
        return rise.missed or "all aims are reached"
    return f"95 of 100 shots within {seconds(waited['p95'])}"


def _cost(cost: "Cost") -> str:
    machines = ", ".join(f"{count} {name}" for name, count in cost.machines.items() if count)
    return (
        f"machines in the busiest hour: {machines}; a day costs {cost.day:,.2f} where machines follow the hours, "
        f"{cost.day_at_peak:,.2f} with those of the busiest hour all along; 1000 shots {cost.per_1000_shots:.3g}"
    )


def _table(*headings: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("window", "replicas", "simulated") else "right")
    return table
