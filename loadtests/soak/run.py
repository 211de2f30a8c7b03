"""A service under a steady mixed load for a long time: does what it takes of its machine stay the same?

    python -m loadtests.soak.run --minutes 30

Shots and cutouts, over gRPC and HTTP, come at `--load` of the capacity that was measured first, beside jobs one after
the other; results older than five minutes are swept, as an operator would after days. After the warm-up the memory
(PSS) and the descriptors of every deployment's replicas may grow by 5 %, medians of the last third against the first;
when all results are swept at the end, no more files may be left than at the beginning. Writes samples.csv, soak.png and
soak.json; exits with 1 where something grew or a call failed.
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from loadtests.own_settings import own_settings
from loadtests.photo import photo_of
from loadtests.soak.chart import save_chart
from loadtests.soak.job_stream import JobStream
from loadtests.soak.samples import Sample, blob_count, object_store_mb, replicas
from loadtests.soak.verdict import faults, growths
from loadtests.steady import OK, SteadyLoad, capacity_per_s, failures
from services.app import LocalService
from services.cli.machine import machine_facts
from services.common.settings import Settings
from services.storage.blobs import TENANT_FOLDERS
from services.storage.local import LocalBlobs
from services.storage.store import blob_directory, open_store
from services.storage.sweeper import Sweeper

#: Results are kept so long, in seconds.
KEPT_S: Final = 300.0


class Soak:
    """Samples of a service that works.

    Args:
        settings: Of the service.
        photo: The file that is sent.
    """

    def __init__(self, settings: Settings, photo: bytes) -> None:
        self._settings, self._photo = settings, photo
        store = open_store(settings)
        if not isinstance(store, LocalBlobs):
            raise TypeError("a soak counts the files of a blob directory")
        self._sweeper = Sweeper(blob_directory(settings), store)
        self.samples: list[Sample] = []
        self.failed: Counter[str] = Counter()

    def run(self, per_s: float, minutes: float, every_s: float) -> int:
        """Work and sample.

        Args:
            per_s: Calls per second.
            minutes: So long.
            every_s: Between samples, in seconds.

        Returns:
            Files that are left in the store when all results are swept, beyond those of the beginning.
        """
        left_before = self._left()
        began = time.monotonic()
        address = f"127.0.0.1:{self._settings.grpc.port}"
        with SteadyLoad(self._settings, self._photo, per_s) as load, JobStream(address, self._photo) as jobs:
            while (at_s := time.monotonic() - began) < 60 * minutes:
                self._sweep(KEPT_S)
                answered = len(load.answers)
                failed = sum(each.outcome != OK for each in load.answers)
                self.samples.append(
                    Sample(
                        at_s, replicas(), blob_count(self._settings), object_store_mb(self._settings),
                        answered, failed, jobs.ended_items,
                    )
                )  # fmt: skip
                time.sleep(every_s)
        self.failed = Counter(failures(load.answers)) + Counter(f"job {error}" for error in jobs.errors)
        return self._left() - left_before

    def _sweep(self, older_than_s: float) -> None:
        self._sweeper.sweep(TENANT_FOLDERS, older_than_s)

    def _left(self) -> int:
        self._sweep(0)
        return blob_count(self._settings)


def write(samples: list[Sample], found: dict[str, Any], warm_up_s: float, folder: Path) -> None:
    """The table, the picture and the verdict."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [each.row() for each in samples]
    with (folder / "samples.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[-1]), restval=0, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    machine = found["machine"]
    title = f"{samples[-1].answered} calls, {samples[-1].items} items; {machine['cpu']}, {machine['cores']} cores"
    save_chart(samples, warm_up_s, title, folder / "soak.png")
    (folder / "soak.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def main() -> int:
    """Soak, judge, write; 1 where something speaks against the service."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--warm-up", type=float, help="Minutes not judged; a third, ten at most, if not given.")
    parser.add_argument("--load", type=float, default=0.5, help="Share of the capacity, jobs not counted.")
    parser.add_argument("--every", type=float, default=5.0, help="Seconds between samples.")
    parser.add_argument("--port", type=int, default=18400, help="The first of three ports.")
    parser.add_argument("--out", type=Path, default=Path("out/soak"))
    options = parser.parse_args()
    warm_up_s = 60 * (min(10.0, options.minutes / 3) if options.warm_up is None else options.warm_up)
    found = machine_facts()
    with tempfile.TemporaryDirectory(prefix="vitrine-soak-") as folder:
        settings = own_settings(Path(folder), options.port, {"observability": {"log_level": "WARNING"}})
        photo = photo_of(None, settings.limits.image)
        with LocalService(settings):
            capacity = capacity_per_s(settings, photo, 16)
            soak = Soak(settings, photo)
            left = soak.run(options.load * capacity, options.minutes, options.every)
    grown = growths([each for each in soak.samples if each.at_s >= warm_up_s])
    told = faults(grown, left, dict(soak.failed))
    found |= {
        "minutes": options.minutes, "warm_up_s": warm_up_s, "calls_per_s": options.load * capacity,
        "calls": soak.samples[-1].answered, "items": soak.samples[-1].items, "growth": grown, "blobs_left": left,
        "failed": dict(soak.failed), "faults": told,
    }  # fmt: skip
    write(soak.samples, found, warm_up_s, options.out)
    for name, share in grown.items():
        print(f"{name:26} {share:+7.1%}")
    print("\n".join(told) or f"nothing grew in {options.minutes:g} minutes", f"({options.out}/soak.png)")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
