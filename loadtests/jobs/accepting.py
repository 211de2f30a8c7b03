"""How long it takes until all jobs are accepted, by the way that a call to the gateway takes behind its transport."""

import asyncio
import json
import time
from pathlib import Path

from services.api.jobs import CreateJobRequest
from services.common.settings import Settings
from services.database.database import Database
from services.fetch.sources import Sources
from services.gateway.jobs import Jobs
from services.gateway.schema import Call
from services.generate.scene import SceneCatalog
from services.jobs.intake import Checks
from services.jobs.moves import Moves
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.workflow.shot import ShotWorkflow


def accept(database: Database, folder: Path, tenants: list[str], items: int) -> float:
    """Make a job of so many items for each tenant, all at once.

    Returns:
        The seconds it took, parsing and checks included.
    """
    settings = Settings(data_dir=folder)
    store = LocalBlobs(folder / "blobs", Signature(b"k" * 32), "http://127.0.0.1:8000", 60)
    sources = Sources.open(settings, store)
    workflow = ShotWorkflow(None, SceneCatalog.shipped(), settings.limits, 0.25, sources=sources)
    checks = Checks(workflow.check, sources, settings.limits.image)
    jobs = Jobs.open(settings, database, Moves(), checks, store)
    photos = [{"image": {"url": f"https://shop.example/photos/{number:06d}.jpg"}} for number in range(items)]
    body = json.dumps({"shot": {"scene_id": "white"}, "items": photos})

    async def create(tenant: str) -> None:
        request = CreateJobRequest.model_validate_json(body)
        call = Call("CreateJob", "http", f"load-{tenant}", "127.0.0.1", idempotency_key="load", tenant=tenant)
        answer = await jobs.create_job(request, call)
        if answer.job.counts.total != items:
            raise RuntimeError(f"{answer.job.counts.total} of {items} items were accepted")

    async def create_all() -> None:
        await asyncio.gather(*map(create, tenants))

    began = time.perf_counter()
    asyncio.run(create_all())
    return time.perf_counter() - began
