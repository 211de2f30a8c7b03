"""What an item costs in jobs of 1, 10, 100, 1000 and 10 000: is a small job as cheap by the item as a large one?

    python -m loadtests.jobs.sizes [--postgres]

Cost is the CPU time of all processes of a service (Ray's and Serve's own, gateway, dispatcher, stages), from the first
`CreateJob` over gRPC to the end of the last item, less what the same processes take while nothing is asked of them.

bare    Jobs of all sizes before stages that do nothing: what creating, storing, claiming, carrying and ending cost. An
        item is a cutout of a stored photo of 16 x 16 pixels.
whole   Jobs of the sizes up to `--whole-most` on the real service, with cutouts of a photo of 600 x 400 that is sent
        along: what an item costs in all.

Jobs of 10 000 whole items would take hours, so an item of each size is told as the bare one of its size and what the
stages add to it, which is the whole item less the bare one where both were measured (the largest of those sizes). Whole
ones are measured in turns, several times, as they differ by less than what else a machine does. Exits with 1 where the
dearest is more than 10 % above the cheapest, be it of these or of the whole ones.
"""

import argparse
import json
import os
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from ray import serve
from sqlalchemy import func, select

from loadtests.jobs.bare_stages import bare_application, tiny_photo
from loadtests.jobs.own_postgres import own_postgres
from loadtests.own_settings import own_settings
from loadtests.photo import photo_of
from services.app import LocalService, build
from services.cli.console import save_json
from services.cli.machine import machine_facts
from services.client import CreateCutoutRequest, ImageSource, JobItemSpec, Vitrine
from services.common.settings import Settings
from services.database.database import Database
from services.database.tables import JobRow

SIZES = (1, 10, 100, 1000, 10_000)
BOUND = 0.10
#: Jobs are made by so many callers at once.
CALLERS = 4
#: Each warms up connections, code and caches before anything is measured.
WARM_UP = 20
POLL_S = 0.25


@dataclass(frozen=True)
class Cost:
    """Of items in jobs of one size; medians of several times.

    Args:
        size, jobs: Items in a job, and how many jobs there were each time.
        cpu_ms: Per item, idle time taken off.
        seconds: Per item, by the clock.
    """

    size: int
    jobs: int
    cpu_ms: float
    seconds: float


class Meter:
    """Makes jobs on a service of this process and measures what they cost.

    Args:
        settings: Of the service, which runs.
        item: That all jobs are made of.
    """

    def __init__(self, settings: Settings, item: JobItemSpec) -> None:
        self._address = f"127.0.0.1:{settings.grpc.port}"
        self._database = Database.open(settings.database, settings.data_dir)
        self._item = item
        self._idle_share = 0.0

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def settle(self, idle_s: float) -> None:
        """Warm up, and learn what the service takes while nothing is asked of it."""
        self._made(1, WARM_UP)
        time.sleep(5)
        began, before_s = time.monotonic(), cpu_s()
        time.sleep(idle_s)
        self._idle_share = (cpu_s() - before_s) / (time.monotonic() - began)

    def cost(self, size: int, items: int) -> Cost:
        """Of at least so many items, in jobs of that size."""
        jobs = max(1, items // size)
        began, before_s = time.monotonic(), cpu_s()
        self._made(size, jobs)
        took_s = time.monotonic() - began
        own_s = cpu_s() - before_s - self._idle_share * took_s
        return Cost(size, jobs, round(1000 * own_s / (size * jobs), 2), round(took_s / (size * jobs), 4))

    def _made(self, size: int, jobs: int) -> None:
        """Make jobs and wait until their items have ended.

        Raises:
            RuntimeError: An item failed.
        """
        before = self._ended()

        def make(_number: int) -> None:
            vitrine.jobs.create([self._item] * size, CreateCutoutRequest())

        with Vitrine(self._address) as vitrine, ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(make, range(jobs)))
        while (ended := self._ended())[0] - before[0] < size * jobs:
            if ended[1] > before[1]:
                raise RuntimeError(f"{ended[1] - before[1]} items failed, so this is no cost of theirs")
            time.sleep(POLL_S)

    def _ended(self) -> tuple[int, int]:
        """How many items have succeeded, and how many have failed."""
        with self._database.reading() as session:
            succeeded, failed = session.execute(select(func.sum(JobRow.succeeded), func.sum(JobRow.failed))).one()
        return int(succeeded or 0), int(failed or 0)


def cpu_s() -> float:
    """CPU time of all processes that this one started, and that they started."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def costs(
    options: argparse.Namespace,
    url: str,
    application: Callable[[Settings], serve.Application],
    photo: bytes | None,
    plan: Sequence[tuple[int, int]],
    rounds: int = 1,
) -> list[Cost]:
    """Of jobs of several sizes on a service of its own.

    Args:
        options: Which port, and how long idle time is measured.
        url: The database; empty: SQLite.
        application: What is served.
        photo: Sent along with each item; None: a tiny one that is stored already.
        plan: Sizes, and how many items of each.
        rounds: All of them so often, in turns.
    """
    with tempfile.TemporaryDirectory(prefix="vitrine-sizes-") as folder:
        sections = {"database": {"url": url}, "observability": {"log_level": "WARNING"}}
        settings = own_settings(Path(folder), options.port, sections)
        with LocalService(settings, application):
            if photo is None:
                with Vitrine(f"127.0.0.1:{settings.grpc.port}") as vitrine:
                    source = ImageSource(blob_key=vitrine.jobs.upload(tiny_photo(), "image/png"))
            else:
                source = ImageSource(content=photo)
            with closing(Meter(settings, JobItemSpec(image=source))) as meter:
                meter.settle(options.idle)
                measured = [[_told(meter.cost(size, items)) for size, items in plan] for _ in range(rounds)]
    return [_median(times) for times in zip(*measured, strict=True)]


def _median(times: Sequence[Cost]) -> Cost:
    cpu_ms, seconds = (statistics.median(getattr(each, name) for each in times) for name in ("cpu_ms", "seconds"))
    return replace(times[0], cpu_ms=cpu_ms, seconds=seconds)


def _told(cost: Cost) -> Cost:
    print(
        f"{cost.jobs:6d} jobs of {cost.size:6d}: {cost.cpu_ms:8.2f} ms of CPU an item, {cost.seconds:.3f} s", flush=True
    )
    return cost


def spread(bare: Sequence[Cost], whole: Sequence[Cost]) -> dict[str, Any]:
    """Items of all sizes with what stages add, and how far the dearest is above the cheapest.

    Args:
        bare: Of all sizes.
        whole: Of some of them, ascending.
    """
    by_size = {each.size: each.cpu_ms for each in bare}
    stages_ms = whole[-1].cpu_ms - by_size[whole[-1].size]
    items_ms = {size: round(cpu_ms + stages_ms, 2) for size, cpu_ms in by_size.items()}
    return {
        "stages_ms": round(stages_ms, 2),
        "item_ms": items_ms,
        "spread": _above(list(items_ms.values())),
        "spread_of_whole": _above([each.cpu_ms for each in whole]),
    }


def _above(cpu_ms: Sequence[float]) -> float:
    return round(max(cpu_ms) / min(cpu_ms) - 1, 4)


def main() -> int:
    """Measure, print, write; 1 where small jobs cost more than they may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=int, default=1000, help="Items of each size at least, before bare stages.")
    parser.add_argument("--whole", type=int, default=40, help="Items of each size at least, on the real service.")
    parser.add_argument("--rounds", type=int, default=3, help="So often whole items of all sizes are measured.")
    parser.add_argument("--whole-most", type=int, default=100, help="The largest job on the real service.")
    parser.add_argument("--idle", type=float, default=20, help="So long idle time is measured, in seconds.")
    parser.add_argument("--postgres", action="store_true", help="Start a PostgreSQL for the run, instead of SQLite.")
    parser.add_argument("--port", type=int, default=18620, help="The first of three ports.")
    parser.add_argument("--out", type=Path, default=Path("out/job-sizes.json"))
    options = parser.parse_args()
    os.environ.setdefault("VITRINE_OBSERVABILITY__LOG_LEVEL", "WARNING")
    found = machine_facts() | {"command": shlex.join(["python", "-m", "loadtests.jobs.sizes", *sys.argv[1:]])}
    photo = photo_of(None, Settings().limits.image)
    sizes = [size for size in SIZES if size <= options.whole_most]
    with own_postgres() if options.postgres else nullcontext("") as url:
        print("bare stages")
        bare = costs(options, url, bare_application, None, [(size, max(size, options.least)) for size in SIZES])
    with own_postgres() if options.postgres else nullcontext("") as url:
        print("the whole service")
        plan = [(size, max(size, options.whole)) for size in sizes]
        whole = costs(options, url, build, photo, plan, options.rounds)
    found |= {"bare": [asdict(each) for each in bare], "whole": [asdict(each) for each in whole]}
    found |= spread(bare, whole)
    save_json(found, options.out)
    print(json.dumps(found["item_ms"]), f"ms of CPU an item; the dearest is {found['spread']:.1%} above the cheapest,")
    print(f"of the whole ones {found['spread_of_whole']:.1%}")
    return 0 if max(found["spread"], found["spread_of_whole"]) <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
