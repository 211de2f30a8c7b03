"""What trainers ask of the store: a training to work on, its lease, where it stands, and what became of it."""

import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from services.api.trainings import StyleTrainingState as State
from services.common.errors import Internal, VitrineError
from services.common.training_settings import TrainingSettings
from services.database.tables import StyleTrainingRow
from services.database.tables.trainings import HELD_TRAININGS, QUEUED_TRAININGS
from services.factory.moves import ENDED, HELD, Moves
from services.factory.schema import Hold, Seen, StoredPicture, TrainingPlan, TrainingTask
from services.jobs.retries import may_help, pause_s
from services.jobs.schema import Backlog
from services.workflow.answer import blob_answer

#: Waited before the second attempt, and at most, in seconds.
_FIRST_S: Final = 10.0
_LONGEST_S: Final = 600.0
#: Leases, and ended trainings, that one transaction looks at.
_BATCH: Final = 100


class TrainingQueue:
    """The trainings of all tenants, for those who work on them. Every call takes part in the session's transaction.

    A claim has a fence, which grows with each. Whoever has an older one than the row holds no training any more:
    nothing that it asks for changes anything, also when it only comes late.

    Args:
        settings: Leases and attempts.
        now: Unix time in seconds.
        chance: Spreads the waits.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        now: Callable[[], float] = time.time,
        chance: random.Random | None = None,
    ) -> None:
        self._moves = Moves(settings.keep_days, now)
        self._lease_s = settings.lease_s
        self._max_attempts = settings.max_attempts
        self._now = now
        self._chance = chance or random.Random()  # noqa: S311 - spreads waits, no secret

    def claim(self, session: Session) -> TrainingTask | None:
        """A training to work on, with a lease: of the tenant whose last one began longest ago, and of that the oldest.

        Args:
            session: In a transaction that may write.
        """
        now_s = self._now()
        others = aliased(StyleTrainingRow)
        turn = select(func.max(others.began_s)).where(others.tenant == StyleTrainingRow.tenant).scalar_subquery()
        first = (
            select(StyleTrainingRow)
            .where(QUEUED_TRAININGS, func.coalesce(StyleTrainingRow.retry_at_s, 0.0) <= now_s)
            .order_by(func.coalesce(turn, 0.0), StyleTrainingRow.created_s, StyleTrainingRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.scalar(first)
        if row is None:
            return None
        waited_s = now_s - max(row.created_s, row.retry_at_s or 0.0)
        self._moves.to(
            row, State.RUNNING, lease_until_s=now_s + self._lease_s, began_s=now_s, retry_at_s=None,
            fence=row.fence + 1, attempts=row.attempts + 1, steps_done=row.kept_step,
        )  # fmt: skip
        return _task(row, waited_s)

    def renew(self, session: Session, task: TrainingTask, step: int, loss: float) -> Hold:
        """Lengthen a claim's lease, and tell how far it is.

        Args:
            session: In a transaction that may write.
            task: The claim.
            step, loss: The last step that was taken; 0: none yet.
        """
        row = self._held(session, task)
        if row is None:
            return Hold.LOST
        row.lease_until_s = self._now() + self._lease_s
        if step:
            row.steps_done, row.loss = step, loss
        return Hold.CANCELLED if row.state == State.CANCELLING else Hold.OURS

    def keep(self, session: Session, task: TrainingTask, key: str, step: int) -> bool:
        """Note where a training goes on from; false where the claim was lost. Who got on has all attempts again."""
        row = self._held(session, task)
        if row is None:
            return False
        if step > row.kept_step:
            row.attempts = 1
        row.kept_key, row.kept_step = key, step
        return True

    def succeed(self, session: Session, task: TrainingTask, seen: Seen, register: Callable[[], object]) -> bool:
        """End a training whose style is ready. The style is registered inside of the transaction, which holds the row:
        nobody else can claim or cancel the training meanwhile, so a claim that was lost registers nothing.

        Args:
            session: In a transaction that may write.
            task: The claim.
            seen: What can be looked at.
            register: Makes the style one; doing so twice is the same as once. What it raises changes nothing here.

        Returns:
            Whether the claim still held, and was not to stop. The same again, as when the end of the transaction was
            not heard of, is true.
        """
        row = self._row(session, task.training_id)
        if row is None or row.fence != task.fence:
            return False
        if row.state == State.SUCCEEDED:
            return True
        if row.state != State.RUNNING:
            return False
        register()
        self._moves.to(
            row, State.SUCCEEDED, steps_done=row.steps, kept_key=None, error_code=None, error=None,
            loss_plot=blob_answer(seen.loss_plot).model_dump_json(),
            sample_sheet=blob_answer(seen.sample_sheet).model_dump_json(),
        )  # fmt: skip
        return True

    def fail(self, session: Session, task: TrainingTask, error: VitrineError) -> State | None:
        """Note why an attempt came to nothing; the training waits for another, if that may help.

        Returns:
            The state that it is in now; None where the claim was lost.
        """
        row = self._held(session, task)
        if row is None:
            return None
        told = {"error_code": error.code, "error": error.message}
        if row.state == State.CANCELLING:
            self._moves.to(row, State.CANCELLED)
        elif not may_help(type(error)) or row.attempts >= self._max_attempts:
            self._moves.to(row, State.FAILED, **told)
        else:
            wait_s = pause_s(row.attempts, _FIRST_S, _LONGEST_S, self._chance)
            self._moves.to(row, State.QUEUED, retry_at_s=self._now() + wait_s, **told)
        return State(row.state)

    def give_back(self, session: Session, task: TrainingTask) -> State | None:
        """Let others go on with a training, which costs it no attempt; one that was to stop ends.

        Returns:
            The state that it is in now; None where the claim was lost.
        """
        row = self._held(session, task)
        if row is None:
            return None
        if row.state == State.CANCELLING:
            self._moves.to(row, State.CANCELLED)
        else:
            self._moves.to(row, State.QUEUED, attempts=row.attempts - 1)
        return State(row.state)

    def reap(self, session: Session) -> int:
        """End claims whose lease is over: their trainings wait again, until their attempts are used up.

        Returns:
            How many there were; call again while there are any.
        """
        over = select(StyleTrainingRow).where(HELD_TRAININGS, StyleTrainingRow.lease_until_s <= self._now())
        rows = session.scalars(over.limit(_BATCH).with_for_update(skip_locked=True)).all()
        for row in rows:
            if row.state == State.CANCELLING:
                self._moves.to(row, State.CANCELLED)
            elif row.attempts < self._max_attempts:
                self._moves.to(row, State.QUEUED)
            else:
                # Pictures that take their trainer along each time must not do so for ever.
                told = f"whoever trained the style died or stalled, at the last of {row.attempts} attempts too"
                self._moves.to(row, State.FAILED, error_code=Internal.code, error=told)
        return len(rows)

    def backlog(self, session: Session) -> Backlog:
        """What could begin, and since when it waits; and what is at work."""
        now_s = self._now()
        could_s = func.coalesce(StyleTrainingRow.retry_at_s, StyleTrainingRow.created_s)
        ready = select(func.count(), func.min(could_s)).where(QUEUED_TRAININGS, could_s <= now_s)
        queued, since_s = session.execute(ready).one()
        held = select(func.count()).select_from(StyleTrainingRow).where(HELD_TRAININGS)
        oldest_s = 0.0 if since_s is None else max(0.0, now_s - since_s)
        return Backlog(oldest_s, queued, session.scalar(held) or 0)

    def expired(self, session: Session) -> Sequence[tuple[str, str]]:
        """Tenants and ids of trainings whose time is over, some of them."""
        due = select(StyleTrainingRow.tenant, StyleTrainingRow.id).where(StyleTrainingRow.expires_s <= self._now())
        return [(tenant, training_id) for tenant, training_id in session.execute(due.limit(_BATCH))]

    def forget(self, session: Session, training_id: str) -> None:
        """Remove a training that has ended."""
        row = self._row(session, training_id)
        if row is not None and row.state in ENDED:
            session.delete(row)

    def _held(self, session: Session, task: TrainingTask) -> StyleTrainingRow | None:
        """The row while the claim holds, which nobody else changes until the transaction ends."""
        row = self._row(session, task.training_id)
        return row if row is not None and row.fence == task.fence and row.state in HELD else None

    def _row(self, session: Session, training_id: str) -> StyleTrainingRow | None:
        one = select(StyleTrainingRow).where(StyleTrainingRow.id == training_id).with_for_update()
        return session.scalar(one.execution_options(populate_existing=True))


def _task(row: StyleTrainingRow, waited_s: float) -> TrainingTask:
    return TrainingTask(
        row.id, row.tenant, row.fence, row.style_id, row.description,
        tuple(StoredPicture(key, caption) for key, caption in json.loads(row.pictures)),
        TrainingPlan(row.steps, row.rank, row.learning_rate, row.batch, row.seed), row.kept_key or "", waited_s,
    )  # fmt: skip
