"""How many items a second the real dispatcher works off through real Serve handles, when the stages do nothing.

    python -m loadtests.jobs.handles [--items 5000] [--at-once 16] [--postgres]

Items are cutouts of one tiny photo: the dispatcher claims them, fetches the photo from the store, decodes it, calls
Segment and Postprocess through their handles and writes down what became of them, as in the service, in SQLite or
in a PostgreSQL that is started for it.
"""

import argparse
import logging
import os
import tempfile
import time
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import ray
from PIL import Image
from ray import serve
from sqlalchemy import func, select

from loadtests.jobs.new_job import new_job
from loadtests.jobs.own_postgres import own_postgres
from services.app import dispatcher_options
from services.common.geometry import Box
from services.common.settings import Settings
from services.database.database import Database
from services.database.tables import JobItemRow, JobRow
from services.jobs.deployment import DispatcherDeployment
from services.postprocess.schema import CutoutRequest, CutoutResult
from services.segment.schema import SegmentRequest, SegmentResult
from services.storage.blobs import StoredBlob


def tiny_photo() -> bytes:
    """The smallest that is taken."""
    photo = BytesIO()
    Image.fromarray(np.full((16, 16, 3), 128, np.uint8)).save(photo, "PNG")
    return photo.getvalue()


class NoStage:
    """Segment and Postprocess without their work."""

    async def run(self, request: SegmentRequest) -> SegmentResult:
        """All of the photo is the product."""
        height, width = request.image.shape[:2]
        alpha = np.full((height, width), 65535, np.uint16)
        return SegmentResult(alpha, request.image, Box(0, 0, width, height), 1.0, "none", 0.0)

    async def cutout(self, request: CutoutRequest, image: object, cutout: SegmentResult) -> CutoutResult:
        """Nothing is stored."""
        del image, cutout
        return CutoutResult(StoredBlob(f"{request.output.key}.png", "image/png", 1, "0" * 64, 16, 16), 0.0)

    async def ready(self) -> bool:
        """At once."""
        return True


def settings_of(at_once: int, folder: Path, url: str) -> Settings:
    """The service's, with as many items at once as is asked for."""
    jobs = {"at_once": at_once, "at_stage": at_once}
    return Settings.model_validate({"data_dir": folder, "jobs": jobs, "database": {"url": url}})


def start(settings: Settings, stage_replicas: int) -> None:
    """The dispatcher, and stages that do nothing."""
    ray.init(
        address="local", num_cpus=4, object_store_memory=200 << 20, include_dashboard=False, logging_level=logging.ERROR
    )
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(logging_config={"log_level": "WARNING", "enable_access_log": False})
    stage = serve.deployment(NoStage).options(
        num_replicas=stage_replicas, max_ongoing_requests=100, ray_actor_options={"num_cpus": 0.1}
    )
    segment, generate, postprocess = (
        stage.options(name=name).bind() for name in ("Segment", "Generate", "Postprocess")
    )
    dispatcher = DispatcherDeployment.options(**dispatcher_options(settings.jobs))
    serve.run(
        dispatcher.bind(settings, segment, generate, postprocess), name="load", route_prefix=None,
        logging_config={"log_level": "WARNING", "enable_access_log": False},
    )  # fmt: skip


def dispatcher_rss_mb() -> float:
    """Memory of the dispatcher's process."""
    for process in psutil.process_iter(["cmdline", "memory_info"]):
        if "ServeReplica:load:Dispatcher" in " ".join(process.info["cmdline"] or []):
            return process.info["memory_info"].rss / 2**20
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
    arguments = parser.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("VITRINE_OBSERVABILITY__LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory() as folder, own_postgres() if arguments.postgres else nullcontext("") as url:
        settings = settings_of(arguments.at_once, Path(folder), url)
        database = Database.open(settings.database, settings.data_dir)
        job_id = new_job(settings, database, "cutout", {}, tiny_photo(), arguments.items)
        start(settings, arguments.stage_replicas)
        try:
            watch(database, job_id, arguments.items)
        finally:
            serve.shutdown()
            ray.shutdown()
            database.close()


if __name__ == "__main__":
    main()
