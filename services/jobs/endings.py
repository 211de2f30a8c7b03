"""How claimed items end: by an answer, an error, a dispatcher that stops, or one that died."""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.common.errors import Internal
from services.common.job_settings import JobSettings
from services.database.tables import JobItemRow, JobRow, JobShare
from services.jobs.moves import Moves
from services.jobs.retries import may_help, pause_s
from services.jobs.schema import Outcome
from services.jobs.settlement import Settlement
from services.jobs.states import ItemState
from services.tenants.accounts import Accounts
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger, Work

#: A job and a number.
ItemId = tuple[str, int]
#: Where an item goes, and further columns to set.
Verdict = tuple[ItemState, dict[str, Any]]


class Endings:
    """Moves items on that were at work, each once.

    Args:
        moves: Move them.
        accounts: Know weights.
        quotas: Get back what was not made.
        ledger: Where work is written down.
        settings: How long the waits between attempts are.
        now: Unix time in seconds.
        chance: Spreads the waits.
    """

    def __init__(
        self,
        moves: Moves,
        accounts: Accounts,
        quotas: Quotas,
        ledger: UsageLedger,
        settings: JobSettings,
        now: Callable[[], float] = time.time,
        chance: random.Random | None = None,
    ) -> None:
        self._moves = moves
        self._accounts = accounts
        self._quotas = quotas
        self._ledger = ledger
        self._first_s = settings.backoff_s
        self._longest_s = settings.max_backoff_s
        self._now = now
        self._chance = chance or random.Random()  # noqa: S311 - waits are no secret

    def finish(self, session: Session, owner: str, outcomes: Sequence[Outcome]) -> list[bool]:
        """Which claims counted, see `Queue.finish`."""
        shares = self._moves.shares(session, (outcome.task.tenant for outcome in outcomes))
        items = items_of(session, [(outcome.task.job_id, outcome.task.number) for outcome in outcomes])
        settlement = self._settlement(session, shares, items)
        counted = []
        for outcome in outcomes:
            item = items.get((outcome.task.job_id, outcome.task.number))
            if item is None or item.fence != outcome.task.fence:
                counted.append(False)
            elif item.state == ItemState.RUNNING and item.owner == owner:
                self._end(settlement, item, outcome)
                counted.append(True)
            else:
                # Ended by this very claim, if its dispatcher did not hear that the transaction went through.
                counted.append(item.state == ItemState.SUCCEEDED and outcome.answer is not None)
        settlement.close()
        return counted

    def lapse(self, session: Session, shares: Mapping[str, JobShare], ids: Sequence[ItemId]) -> int:
        """End claims whose leases are over; items whose are not any more are left as they are.

        Args:
            session: With the tenants' locks.
            shares: The locks, by tenant.
            ids: Which items.

        Returns:
            How many claims were ended.
        """
        items = items_of(session, ids)
        settlement = self._settlement(session, shares, items)
        over = [item for item in items.values() if self._is_over(item)]
        for item in over:
            target, values = _verdict_of_lapse(settlement.job(item), item)
            # What was done nobody knows.
            settlement.move(item, target, Work(), None, **values)
        settlement.close()
        return len(over)

    def _settlement(
        self, session: Session, shares: Mapping[str, JobShare], items: Mapping[ItemId, JobItemRow]
    ) -> Settlement:
        limits = self._accounts.limits_of(session, shares.keys())
        return Settlement(session, self._moves, self._quotas, self._ledger, shares, limits, items.values())

    def _is_over(self, item: JobItemRow) -> bool:
        return item.state == ItemState.RUNNING and (item.lease_until_s or 0.0) <= self._now()

    def _end(self, settlement: Settlement, item: JobItemRow, outcome: Outcome) -> None:
        job = settlement.job(item)
        target, values = self._verdict(job, item, outcome)
        spent_s = sum(outcome.work.stage_s.values())
        # Who does not tell what was done is charged what was guessed, and nothing for what is given back.
        told = spent_s > 0 or target is ItemState.QUEUED
        settlement.move(item, target, outcome.work, spent_s if told else None, **values)

    def _verdict(self, job: JobRow, item: JobItemRow, outcome: Outcome) -> Verdict:
        if outcome.answer is not None:
            return ItemState.SUCCEEDED, {"result": outcome.answer.model_dump_json(), "error_code": None, "error": None}
        if item.stop:
            return ItemState.CANCELLED, {}
        if outcome.error is None:
            return ItemState.QUEUED, {"attempts": item.attempts - 1}
        told = {"error_code": outcome.error.code, "error": outcome.error.message}
        if not may_help(type(outcome.error)) or item.attempts >= job.max_attempts:
            return ItemState.FAILED, told
        wait_s = pause_s(item.attempts, self._first_s, self._longest_s, self._chance)
        return ItemState.WAITING, told | {"retry_at_s": self._now() + wait_s}


def _verdict_of_lapse(job: JobRow, item: JobItemRow) -> Verdict:
    if item.stop:
        return ItemState.CANCELLED, {}
    if item.attempts < job.max_attempts:
        return ItemState.QUEUED, {}
    # A photo that takes its worker along each time must not do so for ever.
    return ItemState.FAILED, {
        "error_code": Internal.code,
        "error": f"whoever worked on the item died or stalled, at the last of {item.attempts} attempts too",
    }


def items_of(session: Session, ids: Collection[ItemId]) -> dict[ItemId, JobItemRow]:
    """Items as they are now; those that are gone are left out."""
    chosen = select(JobItemRow).where(tuple_(JobItemRow.job_id, JobItemRow.number).in_(ids))
    found = session.scalars(chosen.execution_options(populate_existing=True))
    return {(item.job_id, item.number): item for item in found}
