"""`vitrine plan`: how many replicas and machines a traffic needs, which latencies come of it and what it costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, results, write_json
from services.cli.plan_tables import tell_plan

if TYPE_CHECKING:
    from services.common.settings import Settings
    from services.planning.planner import Planner
    from services.planning.times import StageTimes
    from services.planning.traffic import Traffic

#: Without `--p95`: so many times what 95 of 100 shots take alone.
_PATIENCE: Final = 1.5


def plan(
    shots_per_day: Annotated[float | None, typer.Option(help="Shots in a day.", show_default=False)] = None,
    per_second: Annotated[float | None, typer.Option(help="Instead: shots per second, all day.")] = None,
    arrivals: Annotated[
        Path | None, typer.Option(help="Instead: a CSV file with a column at_s (seconds) and perhaps kind.")
    ] = None,
    curve: Annotated[
        str, typer.Option(help="How the day goes: evening (an assumption), flat, or 24 shares with commas.")
    ] = "evening",
    interactive: Annotated[
        float, typer.Option(min=0, max=1, help="Share that somebody waits for; the rest is items of jobs.")
    ] = 1.0,
    times: Annotated[
        Path | None, typer.Option(help="What `vitrine bench` wrote.", show_default="a shipped example")
    ] = None,
    p95: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            help="95 of 100 interactive shots are answered within so many seconds.",
            show_default=f"{_PATIENCE:g} times what they take alone",
        ),
    ] = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(help="Machines that can be had: NAME=CORES:PRICE or NAME=CORES:GPUS:PRICE, an hour."),
    ] = None,
    batch_gain: Annotated[
        str, typer.Option(help="What sharing steps gains a drawing replica: by 1, 2, 3 … pictures at once, as 1,1.6,2.")
    ] = "1",
    as_set: Annotated[
        bool, typer.Option("--as-set", help="What the settings' own replicas and targets make of it.")
    ] = False,
    start_up: Annotated[float, typer.Option(min=0, help="Until a new replica takes work, in seconds.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same plan.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="Draw the day into this file (.png, .svg, .pdf).")] = None,
    json: JsonOption = False,
) -> None:
    """Plan replicas and machines for a traffic, by simulation from measured stage times and the settings."""
    from services.planning.times import EXAMPLE, StageTimes

    traffic = _traffic(shots_per_day, per_second, arrivals, curve, interactive)
    settings = open_settings()
    measured = StageTimes.read(times or EXAMPLE)
    planner = _planner(settings, measured, traffic, p95, machine or [], batch_gain, start_up, seed)
    with asides().status("simulating"):
        made = planner.as_set() if as_set else planner.needed()
    if plot is not None:
        from services.planning.plot import save_plot

        save_plot(made, plot)
    if json:
        write_json(made.to_json())
    else:
        tell_plan(made, results())


def _traffic(
    shots_per_day: float | None, per_second: float | None, arrivals: Path | None, curve: str, interactive: float
) -> "Traffic":
    from services.planning.traffic import CURVES, DAY_S, DailyTraffic, RecordedTraffic

    if sum(given is not None for given in (shots_per_day, per_second, arrivals)) != 1:
        raise typer.BadParameter("give one of --shots-per-day, --per-second and --arrivals")
    if arrivals is not None:
        return RecordedTraffic.read(arrivals)
    if per_second is not None:
        return DailyTraffic(per_second * DAY_S, CURVES["flat"], 1 - interactive, "flat")
    shares = CURVES.get(curve) or _numbers(curve, "--curve")
    return DailyTraffic(shots_per_day or 0, shares, 1 - interactive, curve)


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"expected numbers with commas, got {text[:80]!r}", param_hint=option) from error


def _planner(
    settings: "Settings", times: "StageTimes", traffic: "Traffic", p95_s: float | None, machines: list[str],
    batch_gain: str, start_up_s: float, seed: int,
) -> "Planner":  # fmt: skip
    import numpy as np

    from services.planning.autoscaler import ScalingPace
    from services.planning.machines import MachineKind
    from services.planning.model import ServiceModel
    from services.planning.plan import Aims
    from services.planning.planner import Planner
    from services.planning.tier import tiers_of

    aim_s = p95_s or _PATIENCE * float(np.percentile(times.alone_s, 95))
    return Planner(
        ServiceModel(
            tiers_of(settings, _numbers(batch_gain, "--batch-gain")),
            times,
            settings.jobs.at_stage,
            settings.jobs.yield_s,
            ScalingPace(start_up_s=start_up_s),
        ),
        traffic,
        Aims(aim_s, settings.jobs.target_backlog_s),
        [MachineKind.parse(each) for each in machines],
        seed,
    )
