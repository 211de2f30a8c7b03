"""JobService put together over a database and a directory, without stages: tests move the items themselves."""

from sqlalchemy import update

from services.api import jobs as api
from services.api.common import Blob
from services.api.jobs import CreateJobRequest
from services.api.studio import CreateShotResponse
from services.common.settings import Settings
from services.database.tables import JobItemRow
from services.gateway.jobs import Jobs
from services.jobs.moves import Moves
from services.jobs.states import ItemState
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from tests.support.gateway_parts import call
from tests.support.intakes import checks

URL = "https://a.example/x.jpg"


def items(*keys):
    """Items of these keys."""
    return [{"key": key, "image": {"url": URL}} for key in keys]


class JobParts:
    """Everything, each part reachable.

    Args:
        directory: For blobs.
        database: Open.
        jobs: Options of `JobSettings`.
    """

    def __init__(self, directory, database, **jobs):
        self.database = database
        self.store = LocalBlobs(directory / "blobs", Signature(b"k" * 32), "http://testserver", 60)
        self.moves = Moves()
        settings = Settings(data_dir=directory, jobs={"watch_every_s": 0.01, **jobs})
        self.jobs = Jobs.open(settings, database, self.moves, checks(self.store), self.store)

    async def create(self, *keys, key="", tenant="local", **fields):
        """A job of these keys' items."""
        given = {"shot": {"scene_id": "white"}, "items": items(*keys), **fields}
        request = CreateJobRequest.model_validate(given)
        return await self.jobs.create_job(request, call(tenant=tenant, idempotency_key=key))

    async def made(self, *keys, **fields):
        """The id of such a job."""
        return (await self.create(*keys, **fields)).job.job_id

    def move(self, job_id, number, *targets, tenant="local", **values):
        """Move an item from state to state."""
        with self.database.transaction() as session:
            self.moves.share(session, tenant)
            job = self.moves.job(session, tenant, job_id)
            item = session.get_one(JobItemRow, (job_id, number))
            for target in targets:
                self.moves.item(job, item, target, **values)
                self.moves.settle(session, job, [item])

    def succeed(self, job_id, number, tenant="local"):
        """Work an item off; its picture's key."""
        key = f"shots/{tenant}/{job_id}/{number}-1-x.jpg"
        self.store.put(key, b"a picture", "image/jpeg")
        answer = CreateShotResponse(image=Blob(key=key, media_type="image/jpeg"), layers=[])
        targets = (ItemState.RUNNING, ItemState.SUCCEEDED)
        self.move(job_id, number, *targets, tenant=tenant, result=answer.model_dump_json())
        return key

    def fail(self, job_id, number, message="it is dark"):
        """Give an item up."""
        values = {"error_code": "invalid_input", "error": message}
        self.move(job_id, number, ItemState.RUNNING, ItemState.FAILED, **values)

    def rows(self, *tables):
        """How many rows there are."""
        with self.database.reading() as session:
            return tuple(session.query(table).count() for table in tables)

    def files(self):
        """All keys in the store."""
        return sorted(each.key for each in self.store.under(""))


def ask(parts, method, tenant="local", **fields):
    """One call, its request made of the fields."""
    request = {
        "cancel_job": api.CancelJobRequest, "pause_job": api.PauseJobRequest, "resume_job": api.ResumeJobRequest,
        "retry_job": api.RetryJobRequest, "delete_job": api.DeleteJobRequest, "get_job": api.GetJobRequest,
        "list_jobs": api.ListJobsRequest, "list_job_items": api.ListJobItemsRequest,
        "create_job_manifest": api.CreateJobManifestRequest,
    }[method]  # fmt: skip
    return getattr(parts.jobs, method)(request(**fields), call(tenant=tenant))


def set_row(parts, row, **values):
    """Write into all rows of a table."""
    with parts.database.transaction() as session:
        session.execute(update(row).values(**values))
