"""Waits until jobs change: one query tells of all that anybody in this process waits for."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from services.database.database import Database

#: Jobs of one query.
_AT_ONCE: Final = 500


class Watch:
    """Looks now and then how far jobs are, while somebody waits for them.

    Args:
        database: Where they are.
        versions: Tells the versions of jobs; see `Listing.versions`.
        every_s: Between two looks, in seconds.
    """

    def __init__(
        self, database: Database, versions: Callable[[Session, list[str]], dict[str, int]], every_s: float
    ) -> None:
        self._database = database
        self._versions = versions
        self._every_s = every_s
        self._waited_for: Counter[str] = Counter()
        self._looking: asyncio.Task[dict[str, int | None]] | None = None

    async def beyond(self, job_id: str, version: int) -> None:
        """Wait until a job has a later version, or is gone.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        self._waited_for[job_id] += 1
        try:
            while True:
                found = await asyncio.shield(self._next_look())
                # Whoever came while a look was under way may not have been asked for; the next one does.
                if job_id in found:
                    now = found[job_id]
                    if now is None or now > version:
                        return
        finally:
            self._waited_for[job_id] -= 1
            self._waited_for += Counter()  # drops those that nobody waits for

    def _next_look(self) -> "asyncio.Task[dict[str, int | None]]":
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())
            # Where all who waited have left, nobody asks for its error.
            self._looking.add_done_callback(lambda look: look.cancelled() or look.exception())
        return self._looking

    async def _look(self) -> dict[str, int | None]:
        """The versions of all that is waited for; None of what is gone."""
        await asyncio.sleep(self._every_s)
        asked = list(self._waited_for)
        found: dict[str, int | None] = dict.fromkeys(asked)
        for first in range(0, len(asked), _AT_ONCE):
            found |= await self._told(asked[first : first + _AT_ONCE])
        return found

    async def _told(self, job_ids: list[str]) -> dict[str, int]:
        return await self._database.read(lambda session: self._versions(session, job_ids))
