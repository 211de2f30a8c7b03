"""Jobs in a running service's own database and store."""

import json
import time
import uuid

from sqlalchemy import select

from services.common.settings import Settings
from services.database.database import Database
from services.database.tables import JobItemRow, JobRow, UsageRow
from services.jobs.entry import Entry
from services.jobs.moves import Moves
from services.jobs.schema import NewItem, NewJob
from services.storage.store import open_store
from tests.support.running_service import PATIENCE_S

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


class StoredJobs:
    """Makes jobs and looks at them, as the gateway would.

    Args:
        settings: Of the service.
    """

    def __init__(self, settings: Settings):
        self.store = open_store(settings)
        self.database = Database.open(settings.database, settings.data_dir)
        self.entry = Entry(Moves(), settings.jobs)

    def photo(self, data, tenant="local"):
        """A photo's key."""
        return self.store.put(f"shots/{tenant}/{uuid.uuid4().hex}.jpg", data, "image/jpeg").key

    def create(self, photo_key, count, recipe, tenant="local", **values):
        """A job of as many items, all of the same photo; its id."""
        new = NewJob("shot", json.dumps(recipe), bytes(32), **values)
        image = json.dumps({"blob_key": photo_key})
        with self.database.transaction() as session:
            job = self.entry.begin(session, tenant, new)
            self.entry.add(session, job, [NewItem("", image) for _ in range(count)])
            self.entry.finish(session, job, new)
            return job.id

    def items(self, job_id):
        """The rows of its items."""
        with self.database.reading() as session:
            return list(session.scalars(select(JobItemRow).where(JobItemRow.job_id == job_id).order_by("number")))

    def states(self, job_id):
        return [item.state for item in self.items(job_id)]

    def job(self, job_id):
        with self.database.reading() as session:
            return session.get(JobRow, job_id)

    def charged(self, job_id):
        """How often each of its items is in the ledger."""
        with self.database.reading() as session:
            own = select(UsageRow.request_id).where(UsageRow.request_id.startswith(f"{job_id}/"))
            return sorted(session.scalars(own))

    def files(self, job_id, tenant="local"):
        """Keys of the pictures that there are."""
        return sorted(each.key for each in self.store.under(f"shots/{tenant}/{job_id}"))

    def wait(self, job_id, holds):
        """Until that holds of its items' rows; gives them."""
        limit = time.monotonic() + PATIENCE_S
        while not holds(items := self.items(job_id)):
            assert time.monotonic() < limit, [(item.state, item.error) for item in items]
            time.sleep(0.05)
        return items

    def wait_for_end(self, job_id):
        return self.wait(job_id, lambda items: all(item.state in ENDED for item in items))

    def wait_for_work(self, job_id):
        """Until one of its items is at work; gives those that are."""
        items = self.wait(job_id, lambda items: any(item.state == "RUNNING" for item in items))
        return [item for item in items if item.state == "RUNNING"]

    def close(self):
        self.database.close()
