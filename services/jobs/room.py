"""How many items may wait."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.api.jobs import JobState
from services.common.errors import Overloaded
from services.database.tables import JobRow

#: What somebody is told to wait whose items are too many.
_RETRY_S: Final = 60


class Room:
    """Bounds the items that wait, of all a tenant's jobs together.

    Args:
        most: So many.
    """

    def __init__(self, most: int) -> None:
        self._most = most

    def require(self, session: Session, tenant: str, added: int = 0) -> None:
        """See that there is room.

        Args:
            session: With the tenant's lock.
            tenant: Whose items.
            added: That come on top of those that wait already.

        Raises:
            Overloaded: There is none.
        """
        waiting = select(func.sum(JobRow.queued + JobRow.waiting)).where(
            JobRow.tenant == tenant, JobRow.state.in_((JobState.ACTIVE, JobState.PAUSED))
        )
        if (session.scalar(waiting) or 0) + added > self._most:
            raise Overloaded(
                f"at most {self._most} items of a tenant's jobs may wait; add more when some have ended",
                field="items",
                retry_after_s=_RETRY_S,
            )
