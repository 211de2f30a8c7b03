"""The planner against a real service: shots at random moments, sent whether or not others were answered.

    python loadtests/plan/check.py --shots 300 --load 0.65

A service is started on ports of its own, with one compute thread for each stage, so that two stages at once do not take
each other's cores. It makes shots one at a time, then four at a time, which gives its capacity, then shots that arrive
at random (Poisson) at `--load` of that. The planner gets these arrivals, and as stage times those that this run's own
answers tell, so that what else the machine did meets both; what no stage does (carrying, converting) is taken from the
shots made one at a time, since under load it cannot be told from waiting. What the planner then has to find by itself
is how long shots wait for each other.

    planned     times drawn at random from the run's, as `vitrine plan` does; means of 40 simulations
    in order    each shot with its own times: a busy minute of the machine stays a busy minute
    from idle   times drawn from the shots that were alone: how far one errs who measures an idle machine, and then lets
                stages share its cores
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loadtests.own_settings import environment_of, own_settings, uncached
from loadtests.photo import photo_of
from services.cli.machine import machine_facts
from services.cli.service_process import ServiceProcess
from services.client import AsyncVitrine
from services.common.errors import VitrineError
from services.common.ports import require_free_ports
from services.common.settings import Settings
from services.planning.model import ServiceModel
from services.planning.outcome import Outcome
from services.planning.simulation import Simulation
from services.planning.tier import STAGES, tiers_of
from services.planning.times import AROUND, StageTimes
from services.planning.traffic import Arrivals

READY_S = 240.0
WARM_UP = 4
AT_ONCE = 4
PITCH_DEG = 40.0
SIMULATIONS = 40
#: What the planner promises: figures within this share of the real ones.
BOUND = 0.15
COLUMNS = ("planned", "in order", "from idle")


@dataclass(frozen=True)
class Shot:
    """One answered shot: when it was sent, from the run's beginning, and what it took; in seconds."""

    sent_s: float
    took_s: float
    parts: dict[str, float]


class Client:
    """Sends one photo again and again, with a seed of its own each time, as plates are remembered by seed."""

    def __init__(self, vitrine: AsyncVitrine, photo: bytes, scene: str) -> None:
        self._vitrine = vitrine
        self._photo = photo
        self._scene = scene
        self._seed = 0
        self.failed = 0

    async def shot(self, began: float) -> Shot | None:
        """Send one; None: it failed."""
        self._seed += 1
        sent = time.perf_counter()
        try:
            answer = await self._vitrine.shot(
                self._photo, self._scene, seed=self._seed, camera_pitch_deg=PITCH_DEG, timeout_s=120
            )
        except VitrineError as error:
            print(f"a shot failed: {error.message}", file=sys.stderr)
            self.failed += 1
            return None
        parts: dict[str, float] = {}
        for timing in answer.timings:
            parts[timing.stage.lower()] = parts.get(timing.stage.lower(), 0.0) + timing.duration
        return Shot(sent - began, time.perf_counter() - sent, parts)

    async def one_at_a_time(self, count: int) -> list[Shot]:
        """So many, each after the last."""
        began = time.perf_counter()
        shots = [await self.shot(began) for _ in range(count)]
        return [shot for shot in shots if shot]

    async def capacity_per_s(self, count: int) -> float:
        """Shots per second with some under way at all times."""
        began, left = time.perf_counter(), count

        async def work() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await self.shot(began)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return count / (time.perf_counter() - began)

    async def at(self, moments_s: Sequence[float]) -> tuple[list[Shot], float]:
        """One at each moment, and how long it took until all were answered."""
        began = time.perf_counter()

        async def one(at_s: float) -> Shot | None:
            await asyncio.sleep(max(0.0, began + at_s - time.perf_counter()))
            return await self.shot(began)

        shots = await asyncio.gather(*(one(at_s) for at_s in moments_s))
        return [shot for shot in shots if shot], time.perf_counter() - began


def figures(took_s: Sequence[float], answered_per_s: float, busy: dict[str, float]) -> dict[str, float]:
    """What is compared."""
    p50, p95 = np.percentile(took_s, (50, 95))
    return {
        "answered per s": answered_per_s, "latency, mean, s": statistics.fmean(took_s), "latency, p50, s": float(p50),
        "latency, p95, s": float(p95),
    } | {f"{stage} busy": busy[stage] for stage in STAGES}  # fmt: skip


def measured(shots: Sequence[Shot], length_s: float) -> dict[str, float]:
    """Of the real run."""
    busy = {stage: sum(shot.parts[stage] for shot in shots) / length_s for stage in STAGES}
    return figures([shot.took_s for shot in shots], len(shots) / length_s, busy)


def planned(
    settings: Settings, shots: Sequence[Shot], times: StageTimes, length_s: float, drawn: Sequence[int] | None = None
) -> dict[str, float]:
    """Of the same arrivals, simulated some times with times drawn anew; means over the simulations."""
    at_s = np.array([shot.sent_s for shot in shots])
    arrivals = Arrivals(at_s, np.zeros(len(at_s), np.bool_))
    model = ServiceModel(tiers_of(settings), times)
    replicas = {name: tier.min_replicas for name, tier in model.tiers.items()}

    def one(seed: int) -> dict[str, float]:
        outcome: Outcome = Simulation(model, replicas, seed).run(arrivals, length_s, drawn=drawn)
        busy = {stage: outcome.tiers[stage].utilisation for stage in STAGES}
        return figures(outcome.interactive_s, outcome.per_s, busy)

    all_figures = [one(seed) for seed in range(SIMULATIONS)]
    return {name: statistics.fmean(each[name] for each in all_figures) for name in all_figures[0]}


def times_of(shots: Sequence[Shot], alone: Sequence[Shot]) -> StageTimes:
    """Stages as these shots tell, and around them what shots that were alone tell."""
    around = statistics.median(shot.took_s - sum(shot.parts.values()) for shot in alone)
    return StageTimes([shot.parts | {AROUND: around} for shot in shots], "this run")


async def run(settings: Settings, address: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything that needs the service, and the comparison."""
    async with AsyncVitrine(address, max_attempts=1) as vitrine:
        client = Client(vitrine, photo_of(options.megapixels, settings.limits.image), options.scene)
        await client.one_at_a_time(WARM_UP)
        alone = await client.one_at_a_time(options.alone)
        capacity_per_s = await client.capacity_per_s(options.alone)
        per_s = options.load * capacity_per_s
        print(f"capacity {capacity_per_s:.2f} shots/s; {options.shots} at {per_s:.2f}/s", file=sys.stderr)
        rng = np.random.default_rng(options.seed)
        shots, length_s = await client.at(rng.exponential(1 / per_s, options.shots).cumsum().tolist())
    own = times_of(shots, alone)
    return {
        "capacity_per_s": capacity_per_s,
        "offered_per_s": len(shots) / max(shot.sent_s for shot in shots),
        "failed": client.failed,
        "shots": len(shots),
        "seconds": length_s,
        "real": measured(shots, length_s),
        "planned": planned(settings, shots, own, length_s),
        "in order": planned(settings, shots, own, length_s, range(len(shots))),
        "from idle": planned(settings, shots, times_of(alone, alone), length_s),
        "sent_s": [round(shot.sent_s, 4) for shot in shots],
        "took_s": [round(shot.took_s, 4) for shot in shots],
        "parts_s": [{name: round(part, 5) for name, part in shot.parts.items()} for shot in shots],
        "alone_s": [round(shot.took_s, 4) for shot in alone],
    }


def tell(found: dict[str, Any]) -> bool:
    """Print the table; whether all planned figures lie within the bound."""
    real = found["real"]
    print(
        f"{found['shots']} shots in {found['seconds']:.0f} s, {found['failed']} failed; "
        f"{found['offered_per_s'] / found['capacity_per_s']:.0%} of a capacity of {found['capacity_per_s']:.2f} shots/s"
    )
    print(f"{'':20} {'real':>8}" + "".join(f" {column:>10} {'off':>6}" for column in COLUMNS))
    for name in real:
        cells = (f" {found[each][name]:10.3f} {found[each][name] / real[name] - 1:6.1%}" for each in COLUMNS)
        print(f"{name:20} {real[name]:8.3f}" + "".join(cells))
    if found["failed"]:
        print("shots were refused, so the run was no steady one: measure again when the machine is quieter")
        return False
    return all(abs(found["planned"][name] / real[name] - 1) <= BOUND for name in real)


def main() -> int:
    """Measure, compare, write; 1 where a figure is further off than the bound."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--shots", type=int, default=300, help="Shots at random moments.")
    parser.add_argument("--load", type=float, default=0.65, help="Share of the capacity.")
    parser.add_argument("--alone", type=int, default=20, help="Shots one at a time, and four at a time.")
    parser.add_argument("--megapixels", type=float, default=0.5, help="Of the photo.")
    parser.add_argument("--scene", default="marble")
    parser.add_argument("--threads", type=int, default=1, help="Compute threads of each stage.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=18200, help="The first of three ports.")
    parser.add_argument("--out", type=Path, default=Path("out/plan-check.json"))
    options = parser.parse_args()
    sections = uncached({stage: {"threads": options.threads} for stage in STAGES})
    with tempfile.TemporaryDirectory(prefix="vitrine-plan-") as folder:
        settings = own_settings(Path(folder), options.port, sections)
        require_free_ports(settings)
        before = machine_facts()
        log, environment = Path(folder) / "service.log", environment_of(sections)
        with ServiceProcess(settings, settings.data_dir, log, environment=environment) as service:
            service.wait_ready(READY_S)
            found = before | vars(options) | asyncio.run(run(settings, service.address, options))
    within = tell(found)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found | {"out": str(options.out)}, indent=1, default=str) + "\n", "utf-8")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
