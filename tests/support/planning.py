"""Services to plan for, and what queueing theory says of them."""

import json
import random
from dataclasses import replace
from math import factorial

import numpy as np
import simpy

from services.common.settings import Settings
from services.planning.model import ServiceModel
from services.planning.pool import Pool
from services.planning.tier import Tier, tiers_of
from services.planning.times import StageTimes
from services.planning.traffic import CURVES, DAY_S, DailyTraffic

SHOT = {"decode": 0.05, "segment": 0.5, "layout": 0.03, "generate": 1.2, "postprocess": 0.4, "beside": 0.06}


def stage_times(count: int = 40, spread: float = 0.3, **parts: float) -> StageTimes:
    """Shots whose parts vary around those of `SHOT` by so much to either side."""
    rng = np.random.default_rng(0)
    shots = [
        {part: seconds * rng.uniform(1 - spread, 1 + spread) for part, seconds in (SHOT | parts).items()}
        for _ in range(count)
    ]
    return StageTimes(shots, "a test")


def service_model(settings: Settings | None = None, times: StageTimes | None = None) -> ServiceModel:
    """A service of these settings; the defaults otherwise."""
    return ServiceModel(tiers_of(settings or Settings()), times or stage_times())


def constant(per_s: float, bulk_share: float = 0) -> DailyTraffic:
    """Poisson arrivals at one rate."""
    return DailyTraffic(per_s * DAY_S, CURVES["flat"], bulk_share)


def tier(at_once: int = 1, room: int = 1, queue: int | None = None, **fields) -> Tier:
    """A deployment that no settings made; with room for one, all wait in one line for the first free replica."""
    made = Tier(
        name="segment", at_once=at_once, room=room, queue=queue, target_ongoing=1, min_replicas=1, max_replicas=10,
        cores=2, gpus=0, gain=(1.0,),
    )  # fmt: skip
    return replace(made, **fields)


def pool_of(environment: simpy.Environment, kind: Tier, replicas: int, seed: int = 0, **options: float) -> Pool:
    """Replicas that the same seed draws alike."""
    return Pool(environment, kind, replicas, random.Random(seed), **options)  # noqa: S311 - no secret


def erlang_c(servers: int, offered: float) -> float:
    """The share of customers that wait, where arrivals and service are memoryless (Erlang 1917).

    Args:
        servers: How many.
        offered: Arrivals times the mean service, below `servers`.
    """
    waiting = offered**servers / factorial(servers) * servers / (servers - offered)
    return waiting / (sum(offered**each / factorial(each) for each in range(servers)) + waiting)


def bench_file(folder, shots=(SHOT,)):
    """A file as `vitrine bench` writes it."""
    file = folder / "bench.json"
    figures = {
        "machine": {"cpu": "a processor", "cores": 2, "load_1min": 0.4},
        "photo": "a cup",
        "through_the_service": {"shots_s": list(shots)},
    }
    file.write_text(json.dumps(figures), "utf-8")
    return file
