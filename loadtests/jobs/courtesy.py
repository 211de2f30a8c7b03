"""How much longer a shot takes that somebody waits for, while a job of thousands is worked on, than on an idle service.

    python -m loadtests.jobs.courtesy [--rounds 10] [--shots 5]

The real service on this machine. Idle and busy are measured in turns, so that both meet the same machine: the job is
paused, shots are made one after the other, it is resumed, the same shots are made again. What an item's slowest stage
takes beside them is told too: a shot may wait for one of those.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from loadtests.jobs.new_job import new_job
from loadtests.own_settings import own_settings
from loadtests.photo import photo_of
from services.api.studio import Canvas
from services.app import LocalService
from services.client import Vitrine
from services.common.settings import Settings
from services.common.tenant import LOCAL_TENANT
from services.database.database import Database
from services.database.tables import JobItemRow
from services.jobs.moves import Moves
from services.jobs.register import Register
from services.jobs.room import Room

CANVAS = Canvas(width=900, height=900)
SHOT = {"scene_id": "marble", "canvas": CANVAS.model_dump(exclude_unset=True)}


class Job:
    """A job without end, for all that is measured here, which is worked on or not."""

    def __init__(self, settings: Settings, photo: bytes) -> None:
        self._database = Database.open(settings.database, settings.data_dir)
        self._register = Register(Moves(), Room(settings.jobs.max_queued))
        self._id = new_job(settings, self._database, "shot", SHOT, photo, 5000)

    def pause(self) -> None:
        """Let no item be at work."""
        with self._database.transaction() as session:
            self._register.pause(session, LOCAL_TENANT, self._id)
        self._until(lambda: self._count("RUNNING") == 0)

    def resume(self) -> None:
        """Have items at work."""
        with self._database.transaction() as session:
            self._register.resume(session, LOCAL_TENANT, self._id)
        self._until(lambda: self._count("RUNNING") > 0)

    def made(self) -> int:
        """How many items have succeeded."""
        return self._count("SUCCEEDED")

    def slowest_stages_s(self) -> list[float]:
        """Of each item that was made, how long its slowest stage took, in seconds."""
        with self._database.reading() as session:
            results = session.scalars(select(JobItemRow.result).where(JobItemRow.result.is_not(None))).all()
        timings = [json.loads(each)["timings"] for each in results]
        return [max(float(str(each["duration"]).rstrip("s")) for each in stages) for stages in timings]

    def _count(self, state: str) -> int:
        with self._database.reading() as session:
            own = select(func.count()).where(JobItemRow.job_id == self._id, JobItemRow.state == state)
            return session.scalar(own) or 0

    @staticmethod
    def _until(holds: Callable[[], bool]) -> None:
        while not holds():
            time.sleep(0.1)


def timed(client: Vitrine, photo: bytes, shots: int, seed: int) -> list[float]:
    """Seconds of so many shots, one after the other, with a pause between in which items may begin."""
    taken = []
    for number in range(shots):
        time.sleep(0.7 + 0.13 * (number % 5))
        began = time.monotonic()
        client.shot(photo, "marble", seed=seed + number, canvas=CANVAS)
        taken.append(time.monotonic() - began)
    return taken


def told(name: str, seconds: list[float]) -> str:
    """One line."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    spread = f"p5 {ordered[round(0.05 * len(ordered))]:.2f}, p95 {p95:.2f}, longest {ordered[-1]:.2f}"
    return f"{name:28s} n {len(ordered):4d}  median {statistics.median(ordered):.2f} s  ({spread})"


def measure(settings: Settings, rounds: int, shots: int) -> None:
    """Print idle, busy, and what an item takes."""
    photo = photo_of(None, settings.limits.image)
    idle, busy = [], []
    with LocalService(settings), Vitrine(f"127.0.0.1:{settings.grpc.port}") as client:
        job = Job(settings, photo)
        for number in range(rounds):
            job.pause()
            idle += timed(client, photo, shots, seed=1000 * number)
            job.resume()
            busy += timed(client, photo, shots, seed=1000 * number + 500)
            print(f"after {number + 1} of {rounds} rounds; items made: {job.made()}", flush=True)
            print(told("shot, idle service", idle))
            print(told("shot, beside the job", busy))
            print(told("slowest stage of an item", job.slowest_stages_s()), flush=True)


def main() -> None:
    """As asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--yield-s", type=float, default=5)
    parser.add_argument("--port", type=int, default=18640, help="The first of three ports.")
    arguments = parser.parse_args()
    os.environ.setdefault("VITRINE_OBSERVABILITY__LOG_LEVEL", "WARNING")
    jobs = {"at_once": arguments.at_once, "yield_s": arguments.yield_s}
    with tempfile.TemporaryDirectory() as folder:
        measure(own_settings(Path(folder), arguments.port, {"jobs": jobs}), arguments.rounds, arguments.shots)


if __name__ == "__main__":
    main()
