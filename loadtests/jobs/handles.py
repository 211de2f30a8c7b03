"""How many items a second the real dispatcher works off through real Serve handles, when the stages do nothing.

    python -m loadtests.jobs.handles [--items 5000] [--at-once 16] [--postgres]

Items are cutouts of one tiny photo: the dispatcher claims them, fetches the photo from the store, decodes it, calls
Segment and Postprocess through their handles and writes down what became of them, as in the service, in SQLite or
in a PostgreSQL that is started for it.
"""

import argparse
import os
import tempfile
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import psutil
from sqlalchemy import func, select

from loadtests.jobs.bare_stages import bare_application, tiny_photo
from loadtests.jobs.new_job import new_job
from loadtests.jobs.own_postgres import own_postgres
from loadtests.own_settings import own_settings
from services.app import APPLICATION, LocalService
from services.common.settings import Settings
from services.database.database import Database
from services.database.tables import JobItemRow, JobRow


def settings_of(at_once: int, folder: Path, port: int, url: str) -> Settings:
    """The service's, with as many items at once as is asked for."""
    jobs = {"at_once": at_once, "at_stage": at_once}
    return own_settings(folder, port, {"jobs": jobs, "database": {"url": url}})


def dispatcher_rss_mb() -> float:
    """Memory of the dispatcher's process."""
    for process in psutil.Process().children(recursive=True):
        if " ".join(process.cmdline()).startswith(f"ray::ServeReplica:{APPLICATION}:Dispatcher"):
            return process.memory_info().rss / 2**20
    return float("nan")


def watch(database: Database, job_id: str, items: int) -> None:
    """Print how it goes, until all has ended."""
    began, last, before = time.monotonic(), 0, time.monotonic()
    while last < items:
        time.sleep(5)
        with database.reading() as session:
            job = session.scalar(select(JobRow).where(JobRow.id == job_id))
        ended, now = job.succeeded + job.failed, time.monotonic()
        print(
            f"{now - began:6.1f} s  {ended:7d} ended ({job.failed} failed)  {(ended - last) / (now - before):6.1f} a "
            f"second  dispatcher {dispatcher_rss_mb():.0f} MiB"
        )
        last, before = ended, now
    with database.reading() as session:
        errors = select(JobItemRow.error, func.count()).where(JobItemRow.error.is_not(None)).group_by(JobItemRow.error)
        for error, count in session.execute(errors):
            print(f"{count} items: {error}")


def main() -> None:
    """Fill, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--stage-replicas", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--port", type=int, default=18600, help="The first of three ports.")
    arguments = parser.parse_args()
    os.environ.setdefault("VITRINE_OBSERVABILITY__LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory() as folder, own_postgres() if arguments.postgres else nullcontext("") as url:
        settings = settings_of(arguments.at_once, Path(folder), arguments.port, url)
        database = Database.open(settings.database, settings.data_dir)
        job_id = new_job(settings, database, "cutout", {}, tiny_photo(), arguments.items)
        try:
            with LocalService(settings, partial(bare_application, stage_replicas=arguments.stage_replicas)):
                watch(database, job_id, arguments.items)
        finally:
            database.close()


if __name__ == "__main__":
    main()
