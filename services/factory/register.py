"""What callers do with trainings: have them made, look at them, stop them."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.api.trainings import ListStyleTrainingsRequest
from services.api.trainings import StyleTrainingState as State
from services.common.errors import Conflict, NotFound, Overloaded, WrongState
from services.common.training_settings import TrainingSettings
from services.database.tables import StyleTrainingRow
from services.factory.moves import ENDED, Moves
from services.factory.schema import NewTraining
from services.jobs.page import page_token, place_of
from services.tenants.accounts import Accounts

#: Trainings of a page where the caller does not say.
_PAGE: Final = 50
#: When to come back where there is no room, in seconds: trainings take minutes.
_RETRY_S: Final = 60.0


class TrainingRegister:
    """Keeps trainings. Every call takes part in the session's transaction.

    Args:
        accounts: Whose they are; a tenant's row is the lock of their number and of their styles' ids.
        settings: How many, and how long.
        now: Unix time in seconds.
    """

    def __init__(self, accounts: Accounts, settings: TrainingSettings, now: Callable[[], float] = time.time) -> None:
        self._accounts = accounts
        self._moves = Moves(settings.keep_days, now)
        self._most = settings.max_queued
        self._now = now

    def known(self, session: Session, tenant: str, key: str, digest: bytes) -> StyleTrainingRow | None:
        """The training that was made under a key before, if there is one.

        Raises:
            Conflict: The key was used for another training.
        """
        if not key:
            return None
        named = select(StyleTrainingRow).where(StyleTrainingRow.tenant == tenant, StyleTrainingRow.key == key)
        row = session.scalar(named)
        if row is not None and row.digest != digest:
            raise Conflict(
                "the idempotency key was used for another training; take a new key for a new training",
                field="idempotency-key",
            )
        return row

    def create(self, session: Session, tenant: str, new: NewTraining) -> StyleTrainingRow:
        """A training that waits for a trainer; where one of its key is there, that one.

        Args:
            session: In a transaction that may write.
            tenant: Whose.
            new: What it is to be.

        Raises:
            Conflict: The key was used for another training, or a style of that id is being trained.
            Overloaded: As many of the tenant's trainings as may be have not ended yet.
        """
        self._accounts.ensure(session, tenant)
        if (known := self.known(session, tenant, new.key, new.digest)) is not None:
            return known
        self._require_room(session, tenant, new.style_id)
        plan = new.plan
        row = StyleTrainingRow(
            id=uuid.uuid4().hex, tenant=tenant, key=new.key or None, digest=new.digest, style_id=new.style_id,
            description=new.description, pictures=json.dumps([[each.key, each.caption] for each in new.pictures]),
            picture_count=len(new.pictures), steps=plan.steps, rank=plan.rank, learning_rate=plan.learning_rate,
            batch=plan.batch, seed=plan.seed, state=State.QUEUED, created_s=self._now(), attempts=0, fence=0,
            lease_until_s=None, retry_at_s=None, began_s=None, ended_s=None, expires_s=None, steps_done=0, loss=0.0,
            kept_key=None, kept_step=0, loss_plot=None, sample_sheet=None, error_code=None, error=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    def one(self, session: Session, tenant: str, training_id: str) -> StyleTrainingRow:
        """A tenant's training.

        Raises:
            NotFound: It has no such training; the same, whether somebody else has one or nobody.
        """
        own = select(StyleTrainingRow).where(StyleTrainingRow.id == training_id, StyleTrainingRow.tenant == tenant)
        row = session.scalar(own)
        if row is None:
            raise NotFound("there is no such training", field="training_id")
        return row

    def page(
        self, session: Session, tenant: str, request: ListStyleTrainingsRequest
    ) -> tuple[list[StyleTrainingRow], str]:
        """A page of the tenant's trainings, the newest first, and the token of the next.

        Raises:
            InvalidInput: The page's token is none of ours.
        """
        question = request.model_dump_json(exclude={"page_size", "page_token"})
        place = place_of(request.page_token, question, float, str)
        chosen = select(StyleTrainingRow).where(StyleTrainingRow.tenant == tenant)
        if request.states:
            chosen = chosen.where(StyleTrainingRow.state.in_(request.states))
        if place is not None:
            created_s, training_id = place
            same = (StyleTrainingRow.created_s == created_s) & (StyleTrainingRow.id < training_id)
            chosen = chosen.where((StyleTrainingRow.created_s < created_s) | same)
        size = request.page_size or _PAGE
        newest = chosen.order_by(StyleTrainingRow.created_s.desc(), StyleTrainingRow.id.desc()).limit(size + 1)
        found = list(session.scalars(newest))
        token = page_token(question, [found[size - 1].created_s, found[size - 1].id]) if len(found) > size else ""
        return found[:size], token

    def cancel(self, session: Session, tenant: str, training_id: str) -> StyleTrainingRow:
        """End a training; one that is being worked on is told to stop.

        Args:
            session: In a transaction that may write.
            tenant, training_id: Which.

        Raises:
            NotFound: See `one`.
            WrongState: It has succeeded or failed.
        """
        own = select(StyleTrainingRow).where(StyleTrainingRow.id == training_id, StyleTrainingRow.tenant == tenant)
        row = session.scalar(own.with_for_update())
        if row is None:
            raise NotFound("there is no such training", field="training_id")
        if row.state == State.QUEUED:
            self._moves.to(row, State.CANCELLED)
        elif row.state == State.RUNNING:
            self._moves.to(row, State.CANCELLING)
        elif row.state not in (State.CANCELLING, State.CANCELLED):
            raise WrongState(
                f"the training is {row.state} and can't be cancelled any more", field="training_id", state=row.state
            )
        return row

    def _require_room(self, session: Session, tenant: str, style_id: str) -> None:
        at_work = StyleTrainingRow.state.not_in(ENDED)
        of_tenant = select(func.count()).select_from(StyleTrainingRow).where(StyleTrainingRow.tenant == tenant, at_work)
        if session.scalar(of_tenant.where(StyleTrainingRow.style_id == style_id)):
            raise Conflict(
                f"a style {style_id!r} is being trained already; cancel that training first, or take another id",
                field="style_id",
            )
        if (session.scalar(of_tenant) or 0) >= self._most:
            raise Overloaded(
                f"at most {self._most} trainings of a tenant may wait or be worked on; come back when one has ended",
                retry_after_s=_RETRY_S,
            )
