"""A job store on any database, with a clock that tests turn."""

import random

from services.api.common import Blob
from services.api.studio import CreateShotResponse
from services.common.errors import StorageUnavailable
from services.common.job_settings import JobSettings
from services.common.settings import TenantSettings
from services.database.tables import JobItemRow, JobRow, JobShare
from services.jobs.entry import Entry
from services.jobs.moves import Moves
from services.jobs.queue import Queue
from services.jobs.schema import NewItem, NewJob, Outcome
from services.tenants.accounts import Accounts, Wishes
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger, Work
from tests.support.clocks import Clock


def new_job(**values):
    return NewJob(**{"method": "shot", "recipe": "{}", "digest": bytes(32), **values})


def new_items(count, first=0):
    return [NewItem(f"k{number}", "{}") for number in range(first, first + count)]


def answer(task, seconds=1.0):
    """What a picture of this claim is told as: its key names the claim."""
    shot = CreateShotResponse(image=Blob(key=f"shots/{task.tenant}/{task.folder}-0.jpg"))
    return Outcome(task, answer=shot, work=Work(items=1, megapixels=0.5, stage_s={"generate": seconds}))


class JobStore:
    """The plain classes over a database; each call is a transaction."""

    def __init__(self, database, announcer=None, tenants=None, **settings):
        self.database = database
        self.clock = Clock(1_700_000_000.0)
        self.settings = JobSettings(**settings)
        self.moves = Moves(announcer, self.clock)
        self.accounts = Accounts(tenants or TenantSettings(), self.clock)
        self.quotas = Quotas("day", self.clock)
        self.entry = Entry(self.moves, self.settings, self.clock)
        self.queue = Queue(
            self.moves, self.accounts, self.quotas, UsageLedger(self.clock), self.settings, self.clock,
            random.Random(1),  # noqa: S311 - waits are no secret
        )  # fmt: skip

    def create(self, tenant="acme", items=3, **values):
        """A job with so many items; its id."""
        new = new_job(**values)
        with self.database.transaction() as session:
            job = self.entry.begin(session, tenant, new)
            self.entry.add(session, job, new_items(items))
            self.entry.finish(session, job, new)
            return job.id

    def change(self, job_id, work, tenant="acme"):
        """`work(session, job)` with the tenant's lock."""
        with self.database.transaction() as session:
            self.moves.share(session, tenant)
            return work(session, self.moves.job(session, tenant, job_id))

    def limit(self, tenant, **wishes):
        with self.database.transaction() as session:
            self.accounts.ensure(session, tenant)
            self.accounts.set_limits(session, tenant, Wishes(**wishes))

    def claim(self, most=1, owner="me"):
        with self.database.transaction() as session:
            return self.queue.claim(session, owner, most)

    def claim_in_vain(self, owner="me"):
        """A claim whose transaction fails."""
        with self.database.transaction() as session:
            self.queue.claim(session, owner, 3)
            raise StorageUnavailable("away")

    def renew(self, tasks, owner="me"):
        with self.database.transaction() as session:
            return self.queue.renew(session, owner, tasks)

    def finish(self, *outcomes, owner="me"):
        with self.database.transaction() as session:
            return self.queue.finish(session, owner, outcomes)

    def reap(self):
        with self.database.transaction() as session:
            return self.queue.reap(session)

    def backlog(self):
        with self.database.reading() as session:
            return self.queue.backlog(session)

    def used(self, tenant="acme"):
        with self.database.reading() as session:
            return self.quotas.used(session, tenant)

    def job(self, job_id):
        with self.database.reading() as session:
            return session.get_one(JobRow, job_id)

    def item(self, job_id, number=0):
        with self.database.reading() as session:
            return session.get_one(JobItemRow, (job_id, number))

    def share(self, tenant="acme"):
        with self.database.reading() as session:
            return session.get_one(JobShare, tenant)
