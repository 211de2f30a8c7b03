"""What callers notice of faults and updates, under a steady load.

    python -m loadtests.resilience.run --load 0.7

A service is started on ports of its own. Mixed calls (shots and cutouts, over gRPC and HTTP, none repeated by the
client), four at a time, give its capacity; then for each fault calls come at `--load` of that, before, during and after
it. Every call that does not end with a picture is counted by its error. Exits with 1 where one failed.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from loadtests.own_settings import own_settings
from loadtests.photo import photo_of
from loadtests.resilience.faults import FAULTS
from loadtests.steady import SteadyLoad, capacity_per_s, failures
from services.app import LocalService
from services.cli.machine import machine_facts
from services.common.settings import Settings


def settings_of(options: argparse.Namespace, folder: Path) -> Settings:
    """Of a service with so many replicas of everything, one compute thread each."""
    share = {"min_replicas": options.replicas, "max_replicas": options.replicas, "num_cpus": 0.1}
    stage = share | {"threads": 1}
    sections = {"gateway": share, "segment": stage, "generate": stage, "postprocess": stage}
    return own_settings(folder, options.port, sections)


def under_fault(name: str, settings: Settings, photo: bytes, per_s: float, around_s: float) -> dict[str, Any]:
    """One fault with load around it.

    Args:
        name: Of the fault.
        settings: Of the service.
        photo: The file that is sent.
        per_s: Calls per second.
        around_s: Load before the fault, and after it is over, in seconds.
    """
    with SteadyLoad(settings, photo, per_s) as load:
        time.sleep(around_s)
        began = time.monotonic()
        FAULTS[name](settings)
        over = time.monotonic()
        time.sleep(around_s)
    before = [each.took_s for each in load.answers if each.sent_s + each.took_s < began]
    during = [each.took_s for each in load.answers if began <= each.sent_s + each.took_s and each.sent_s <= over]
    return {
        "fault": name, "calls": len(load.answers), "failed": failures(load.answers), "fault_s": over - began,
        "median_before_s": statistics.median(before) if before else None,
        "longest_during_s": max(during, default=None),
    }  # fmt: skip


def tell(found: dict[str, Any]) -> None:
    """Print the table."""
    print(f"capacity {found['capacity_per_s']:.2f} calls/s, load {found['load']:.0%} of it")
    print(f"{'':28} {'calls':>6} {'failed':>7} {'took':>7} {'before':>8} {'longest':>8}")
    for each in found["faults"]:
        before, longest = each["median_before_s"] or 0.0, each["longest_during_s"] or 0.0
        print(
            f"{each['fault']:28} {each['calls']:6} {sum(each['failed'].values()):7} {each['fault_s']:6.1f}s "
            f"{before:7.2f}s {longest:7.2f}s  {each['failed'] or ''}"
        )


def main() -> int:
    """Run all faults; 1 where a call failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--load", type=float, default=0.7, help="Share of the capacity.")
    parser.add_argument("--replicas", type=int, default=1, help="Of each deployment.")
    parser.add_argument("--around", type=float, default=20.0, help="Load before and after each fault, in seconds.")
    parser.add_argument("--capacity-calls", type=int, default=24, help="Calls that give the capacity.")
    parser.add_argument("--port", type=int, default=18300, help="The first of three ports.")
    parser.add_argument("--out", type=Path, default=Path("out/resilience.json"))
    options = parser.parse_args()
    found = machine_facts() | {"load": options.load, "replicas": options.replicas, "faults": []}
    with tempfile.TemporaryDirectory(prefix="vitrine-resilience-") as folder:
        settings = settings_of(options, Path(folder))
        photo = photo_of(None, settings.limits.image)
        with LocalService(settings):
            capacity_per_s(settings, photo, 4)
            found["capacity_per_s"] = capacity_per_s(settings, photo, options.capacity_calls)
            for name in FAULTS:
                per_s = options.load * found["capacity_per_s"]
                found["faults"].append(under_fault(name, settings, photo, per_s, options.around))
                print(json.dumps(found["faults"][-1]), file=sys.stderr)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    tell(found)
    return 1 if any(each["failed"] for each in found["faults"]) else 0


if __name__ == "__main__":
    sys.exit(main())
