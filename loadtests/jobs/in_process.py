"""100 000 items of 20 tenants, worked off by a stage that does nothing: how fast, how fairly, in how much memory.

    python -m loadtests.jobs.in_process                    # SQLite
    python -m loadtests.jobs.in_process --postgres         # a PostgreSQL of its own
    python -m loadtests.jobs.in_process --database-url postgresql://me@host/empty

First all jobs come in by the way that a call to the gateway takes behind its transport, parsing and checks included.
Then processes claim and complete items, so many at once, until none is left; one tenant of twenty has the weight of
three. At last one tenant has all the items, and single items of others come while a dispatcher works on it.
"""

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loadtests.jobs.accepting import accept
from loadtests.jobs.own_postgres import own_postgres
from loadtests.jobs.progress_chart import save_chart
from loadtests.jobs.store import Store
from loadtests.jobs.waiting import Wait, waits
from loadtests.jobs.working import Progress, spread, work_off
from services.cli.console import save_json
from services.cli.machine import machine_facts

HEAVY_WEIGHT = 3.0


def main() -> None:
    """Measure, print, write JSON and a chart."""
    options = arguments()
    tenants = [f"tenant-{number:02d}" for number in range(options.tenants)]
    heavy, each = tenants[-1], options.items // options.tenants
    facts = machine_facts()
    with tempfile.TemporaryDirectory() as folder, database(options) as (kind, url):
        place = Path(folder)
        with Store.open(url, place) as store:
            store.weigh(heavy, HEAVY_WEIGHT)
            accepted_s = accept(store.database, place, tenants, each)
        print(f"{kind}: {each * len(tenants)} items accepted in {accepted_s:.1f} s", flush=True)
        progress = work_off(url, place, options.processes, options.claim)
        print(f"{kind}: {progress.items_per_s:.0f} items/s claimed and completed", flush=True)
        with Store.open(url, place) as store:
            waited = waits(store, options.singles, options.items, options.slots, options.item_s)
    figures = facts | {
        "command": shlex.join(["python", "-m", "loadtests.jobs.in_process", *sys.argv[1:]]),
        "database": kind,
        "items": each * len(tenants),
        "tenants": len(tenants),
        "accepted_s": round(accepted_s, 1),
        "processes": options.processes,
        "at_once": options.claim,
        **figures_of(progress, heavy),
        "single_items": figures_of_waits(waited),
    }
    file = options.out / f"{kind.lower()}.json"
    save_json(figures, file)
    title = f"{kind}, {figures['items']} items, {figures['items_per_s']} items/s, {machine_of(figures)}"
    save_chart(progress, heavy, waited, title, file.with_suffix(".png"))
    print(json.dumps(figures, indent=2))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database-url", default="", help="An empty database; else an SQLite file for the run.")
    parser.add_argument("--postgres", action="store_true", help="Start a PostgreSQL for the run.")
    parser.add_argument("--items", type=int, default=100_000, help="Of all tenants together.")
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--processes", type=int, default=1, help="That claim and complete.")
    parser.add_argument("--claim", type=int, default=64, help="Items that each has at once.")
    parser.add_argument("--singles", type=int, default=40, help="Single items that come while a tenant has them all.")
    parser.add_argument("--slots", type=int, default=16, help="Items at work at once while they come.")
    parser.add_argument("--item-s", type=float, default=0.2, help="How long each takes then, in seconds.")
    parser.add_argument("--out", type=Path, default=Path("out/jobs"), help="Folder for figures and chart.")
    return parser.parse_args()


@contextmanager
def database(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Which kind, and its address; empty: a file."""
    if options.postgres:
        with own_postgres() as url:
            yield "PostgreSQL", url
    else:
        yield ("PostgreSQL" if options.database_url.startswith("postgres") else "SQLite"), options.database_url


def figures_of(progress: Progress, heavy: str) -> dict[str, Any]:
    """Of claiming and completing."""
    half = next(done for done in progress.done if done[heavy] >= progress.done[-1][heavy] / 2)
    others = [items for tenant, items in half.items() if tenant != heavy]
    return {
        "items_per_s": round(progress.items_per_s),
        "cpu_ms_per_item": round(
            1000 * sum(each.cpu_s for each in progress.processes) / sum(each.items for each in progress.processes), 3
        ),
        "claim_ms": spread([each for worked in progress.processes for each in worked.claim_ms]),
        "finish_ms": spread([each for worked in progress.processes for each in worked.finish_ms]),
        "rss_mb": [flatness(worked.rss_mb) for worked in progress.processes],
        "done_when_heavy_is_half_done": {
            "weight 1": [min(others), max(others)],
            f"weight {HEAVY_WEIGHT:g}": half[heavy],
        },
    }


def flatness(rss_mb: list[float]) -> dict[str, float]:
    """A process' memory after a tenth, in the middle and at the end, and the most."""
    places = {"tenth": len(rss_mb) // 10, "half": len(rss_mb) // 2, "end": len(rss_mb) - 1}
    return {name: round(rss_mb[place]) for name, place in places.items()} | {"most": round(max(rss_mb))}


def figures_of_waits(waited: list[Wait]) -> dict[str, Any]:
    """Of single items, and the worst."""
    return {
        "seconds": spread([each.seconds for each in waited]),
        "others_running": max(each.running for each in waited),
        "others_ended": max(each.ended for each in waited),
        "others_begun": max(each.begun for each in waited),
        "worst": asdict(max(waited, key=lambda each: each.seconds)),
    }


def machine_of(figures: dict[str, Any]) -> str:
    """In a few words."""
    machine = figures["machine"]
    return f"{machine['cores']} cores, load {machine['load_1min']}"


if __name__ == "__main__":
    main()
