"""The log of what was and will be sent, and messages sent again."""

import base64
import binascii
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from services.api.webhooks import DeliveryState, WebhookDelivery
from services.common.errors import InvalidInput, NotFound, WrongState
from services.database.tables import DeliveryAttemptRow, DeliveryRow, WebhookRow
from services.webhooks.told import delivery_told


class Deliveries:
    """Reads the log. Every call takes part in the session's transaction.

    Args:
        now: Unix time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def page(
        self,
        session: Session,
        tenant: str,
        size: int,
        token: str = "",
        webhook_id: str = "",
        states: Sequence[DeliveryState] = (),
    ) -> tuple[list[WebhookDelivery], str]:
        """A tenant's deliveries, the newest first.

        Args:
            session: May be one that only reads.
            tenant: Whose.
            size: How many at most.
            token: Where the page before ended; empty: at the beginning.
            webhook_id: Only those to one webhook; empty: all.
            states: Only these; empty: all.

        Returns:
            The page, and the token of the next one; empty: there is none.

        Raises:
            InvalidInput: The token is none of ours.
        """
        chosen = select(DeliveryRow).where(DeliveryRow.tenant == tenant)
        if webhook_id:
            chosen = chosen.where(DeliveryRow.webhook_id == webhook_id)
        if states:
            chosen = chosen.where(DeliveryRow.state.in_(states))
        if token:
            chosen = chosen.where(tuple_(DeliveryRow.created_s, DeliveryRow.id) < _place(token))
        newest = chosen.order_by(DeliveryRow.created_s.desc(), DeliveryRow.id.desc()).limit(size + 1)
        found = session.scalars(newest).all()
        page = found[:size]
        return self._told(session, page), _token(page[-1]) if len(found) > size else ""

    def again(self, session: Session, tenant: str, delivery_id: str) -> WebhookDelivery:
        """Have a message sent again, under its own id and from the schedule's beginning. One that is being sent right
        now stays as it is.

        Raises:
            NotFound: The tenant has no such delivery; the same, whether somebody else has one or nobody.
            WrongState: Its webhook is disabled.
        """
        own = select(DeliveryRow).where(DeliveryRow.id == delivery_id, DeliveryRow.tenant == tenant)
        row = session.scalar(own.with_for_update())
        if row is None:
            raise NotFound("there is no such delivery", field="delivery_id")
        if not session.get_one(WebhookRow, row.webhook_id).enabled:
            raise WrongState("the webhook is disabled; enable it first", field="delivery_id")
        now_s = self._now()
        if row.owner is None or row.next_s <= now_s:
            row.state, row.attempts, row.next_s, row.owner, row.ended_s = DeliveryState.PENDING, 0, now_s, None, None
        return self._told(session, [row])[0]

    def _told(self, session: Session, rows: Sequence[DeliveryRow]) -> list[WebhookDelivery]:
        chosen = select(DeliveryAttemptRow).where(DeliveryAttemptRow.delivery_id.in_([row.id for row in rows]))
        attempts = defaultdict(list)
        for each in session.scalars(chosen.order_by(DeliveryAttemptRow.number)):
            attempts[each.delivery_id].append(each)
        return [delivery_told(row, attempts[row.id]) for row in rows]


def _token(row: DeliveryRow) -> str:
    return base64.urlsafe_b64encode(f"{row.created_s!r} {row.id}".encode()).decode()


def _place(token: str) -> tuple[float, str]:
    try:
        created_s, delivery_id = base64.urlsafe_b64decode(token).decode("ascii").split(" ")
        return float(created_s), delivery_id
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "the page token is none of ours; send next_page_token as it came", field="page_token"
        ) from error
