"""Anything may happen to jobs in any order: what must always hold, holds."""

from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from services.api.jobs import JobState
from services.common.errors import InvalidInput, Overloaded, StorageUnavailable
from services.database.base import Base
from services.database.tables import JobItemRow, JobRow, JobShare, QuotaPeriod, UsageRow
from services.jobs.schema import Outcome
from services.jobs.states import ENDED_ITEMS, ENDED_JOBS, ItemState
from tests.support.job_store import JobStore, answer

TENANTS = ("light", "heavy", "small")
OWNERS = ("x", "y", "z")
CAP, QUOTA = 2, 4
BEGUN = (ItemState.RUNNING, ItemState.SUCCEEDED)

ENDS = {
    "answer": answer,
    "passing fault": lambda task: Outcome(task, error=Overloaded("later")),
    "lasting fault": lambda task: Outcome(task, error=InvalidInput("never")),
    "given back": Outcome,
}


class Life(RuleBasedStateMachine):
    """Three tenants (one with a weight and a cap, one with a quota), three dispatchers, and whatever comes."""

    def __init__(self, database):
        super().__init__()
        self.database = database
        with database.transaction() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())
        self.store = JobStore(database)
        self.store.limit("heavy", job_weight=3, job_running=CAP)
        self.store.limit("small", quota_items=QUOTA)
        self.tasks, self.jobs = [], []
        self.results, self.seen = {}, {}

    # What happens.

    @rule(tenant=st.sampled_from(TENANTS), items=st.integers(1, 4), attempts=st.integers(1, 3), urgent=st.booleans())
    def create(self, tenant, items, attempts, urgent):
        self.jobs.append((tenant, self.store.create(tenant, items, max_attempts=attempts, priority=int(urgent))))

    @rule(owner=st.sampled_from(OWNERS), most=st.integers(1, 5))
    def claim(self, owner, most):
        tasks = self.store.claim(most, owner)
        assert len(tasks) <= most
        self.tasks += [(owner, task) for task in tasks]

    @rule(owner=st.sampled_from(OWNERS))
    def claim_in_vain(self, owner):
        with pytest.raises(StorageUnavailable):
            self.store.claim_in_vain(owner)

    @rule(owner=st.sampled_from(OWNERS))
    def renew(self, owner):
        mine = [task for held, task in self.tasks if held == owner]
        held = self.store.renew(mine, owner)
        assert held.claims == {task.claim for task in mine if self.holds(owner, task)}
        assert held.stop <= held.claims

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), end=st.sampled_from(sorted(ENDS)))
    def finish(self, data, end):
        """Also of claims that were lost or finished long ago."""
        owner, task = data.draw(st.sampled_from(self.tasks))
        held, row = self.holds(owner, task), self.store.item(task.job_id, task.number)
        repeated = end == "answer" and row.state == ItemState.SUCCEEDED and row.fence == task.fence
        assert self.store.finish(ENDS[end](task), owner=owner) == [held or repeated]

    @rule(seconds=st.sampled_from([0.5, 6.0, 16.0, 90.0, 86_400.0]))
    def time_passes(self, seconds):
        self.store.clock.pass_s(seconds)

    @rule()
    def reap(self):
        self.store.reap()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), what=st.sampled_from(["pause", "resume", "cancel", "retry"]))
    def order(self, data, what):
        tenant, job_id = data.draw(st.sampled_from(self.jobs))
        self.store.change(job_id, getattr(self, f"_{what}"), tenant)

    def _pause(self, session, job):
        if job.state == JobState.ACTIVE:
            self.store.moves.to(session, job, JobState.PAUSED)

    def _resume(self, session, job):
        if job.state == JobState.PAUSED:
            self.store.moves.to(session, job, JobState.ACTIVE)

    def _cancel(self, session, job):
        if job.state in (JobState.ACTIVE, JobState.PAUSED):
            self.store.moves.cancel(session, job)

    def _retry(self, session, job):
        if job.failed and job.state in (JobState.ACTIVE, JobState.PAUSED, JobState.DONE):
            if job.state == JobState.DONE:
                self.store.moves.to(session, job, JobState.ACTIVE)
            self.store.moves.items(session, job, ItemState.FAILED, ItemState.QUEUED, attempts=0)
            self.store.moves.settle(session, job)

    def holds(self, owner, task):
        row = self.store.item(task.job_id, task.number)
        return (row.state, row.owner, row.fence) == (ItemState.RUNNING, owner, task.fence)

    # What always holds.

    @invariant()
    def all_holds(self):
        with self.database.reading() as session:
            jobs = {job.id: job for job in session.scalars(select(JobRow))}
            shares = {share.tenant: share for share in session.scalars(select(JobShare))}
            items = session.scalars(select(JobItemRow)).all()
            ledger = Counter(session.scalars(select(UsageRow.request_id).where(UsageRow.items > 0)))
            quotas = session.execute(
                select(QuotaPeriod.tenant, func.sum(QuotaPeriod.items)).group_by(QuotaPeriod.tenant)
            )
            reserved = {tenant: items for tenant, items in quotas if items}
        of_job, of_tenant = defaultdict(list), defaultdict(list)
        for item in items:
            of_job[item.job_id].append(item)
            of_tenant[jobs[item.job_id].tenant].append(item)
            self.check_item(item, jobs[item.job_id])
        for job in jobs.values():
            self.check_job(job, of_job[job.id])
        for share in shares.values():
            self.check_share(
                share, of_tenant[share.tenant], [job for job in jobs.values() if job.tenant == share.tenant]
            )
        done = [f"{item.job_id}/{item.number}" for item in items if item.state == ItemState.SUCCEEDED]
        assert ledger == Counter(done), "one line with a picture in the ledger for each success"
        begun = Counter(jobs[item.job_id].tenant for item in items if item.state in BEGUN)
        assert reserved == begun, "the quota counts what was made and what is at work"

    def check_item(self, item, job):
        assert item.attempts <= job.max_attempts
        assert item.version <= job.version
        assert (item.result is not None) == (item.state == ItemState.SUCCEEDED)
        assert (item.error_code is not None) or item.state != ItemState.FAILED
        assert (item.ended_s is not None) == (item.state in ENDED_ITEMS)
        if item.result is not None:
            assert self.results.setdefault((item.job_id, item.number), item.result) == item.result
            assert f"/{item.number}-{item.fence}-" in item.result
        before_version, before_state, job_version = self.seen.get((item.job_id, item.number), (0, None, 0))
        if item.state != before_state:
            assert item.version > job_version, "who knows the job's version hears of every change behind it"
        assert item.version >= before_version

    def check_job(self, job, items):
        counted = Counter(item.state for item in items)
        assert {state: getattr(job, state.column) for state in ItemState} == {
            state: counted[state.value] for state in ItemState
        }
        assert job.total == len(items) == len({item.version for item in items})
        assert (job.state in ENDED_JOBS) == all(item.state in ENDED_ITEMS for item in items)
        for item in items:
            self.seen[item.job_id, item.number] = item.version, item.state, job.version

    def check_share(self, share, items, jobs):
        running = [item for item in items if item.state == ItemState.RUNNING]
        assert share.running == len(running)
        assert share.charged_s == pytest.approx(sum(item.charged_s for item in running), abs=1e-6)
        assert share.tenant != "heavy" or share.running <= CAP
        waiting = any(job.queued and job.state == JobState.ACTIVE for job in jobs)
        held = share.held_until_s > 0 or (share.tenant == "heavy" and share.running >= CAP)
        assert share.ready or held or not waiting, "who could begin something takes part"

    def teardown(self):
        """Whatever was, all of it comes to an end once workers live."""
        for tenant, job_id in self.jobs:
            self.store.change(job_id, self._resume, tenant)
        for _ in range(200):
            if all(self.store.job(job_id).state in ENDED_JOBS for _, job_id in self.jobs):
                break
            self.store.finish(*map(answer, self.store.claim(5, "last")), owner="last")
            self.store.clock.pass_s(3600)
            while self.store.reap():
                pass
        assert all(self.store.job(job_id).state in ENDED_JOBS for _, job_id in self.jobs)
        self.all_holds()


def test_what_must_always_hold_holds(database):
    run_state_machine_as_test(
        lambda: Life(database),
        settings=settings(max_examples=15, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
