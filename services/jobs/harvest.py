"""What has ended, until the database knows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from services.api.photo import PhotoResponse
from services.common.errors import StorageUnavailable
from services.common.logs import logger
from services.common.metrics import JOB_CLAIMS_LOST, JOB_ITEMS, Recorder
from services.jobs.claimant import Claimant
from services.jobs.schema import Outcome, Task
from services.tenants.workload import TenantMetrics

#: Written in one transaction at most, so that none takes long.
_BATCH: Final = 200


class Harvest:
    """Holds outcomes and writes them down, several at once.

    Args:
        claimant: Writes them.
        discard: Removes the files of an answer that does not count.
        recorder: Counts them.
        tenants: Tells what was done for whom.
    """

    def __init__(
        self,
        claimant: Claimant,
        discard: Callable[[PhotoResponse], Awaitable[None]],
        recorder: Recorder,
        tenants: TenantMetrics,
    ) -> None:
        self._claimant = claimant
        self._discard = discard
        self._recorder = recorder
        self._tenants = tenants
        self._outcomes: list[Outcome] = []
        self._removals: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def tasks(self) -> list[Task]:
        """Whose they are."""
        return [outcome.task for outcome in self._outcomes]

    def add(self, outcome: Outcome) -> None:
        """Something has ended."""
        self._outcomes.append(outcome)

    async def write(self) -> None:
        """Write down all there is; what can't be written now stays.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        while batch := self._outcomes[:_BATCH]:
            try:
                counted = await self._claimant.finish(batch)
            except StorageUnavailable:
                raise
            except Exception:  # noqa: BLE001 - one that can't be written must not hold up the others
                logger().exception("outcomes could not be written together")
                counted = [await self._counts_alone(outcome) for outcome in batch]
            del self._outcomes[: len(batch)]
            for outcome, counts in zip(batch, counted, strict=True):
                self._tell(outcome) if counts else self.drop(outcome)

    def drop(self, outcome: Outcome) -> None:
        """A claim that was lost: whoever has it now makes files of its own."""
        task = outcome.task
        self._recorder.count(JOB_CLAIMS_LOST)
        logger().warning("a claim was lost", tenant=task.tenant, job=task.job_id, item=task.number)
        if outcome.answer is not None:
            removal = asyncio.ensure_future(self._discard(outcome.answer))
            self._removals.add(removal)
            removal.add_done_callback(self._removals.discard)

    async def _counts_alone(self, outcome: Outcome) -> bool:
        try:
            [counts] = await self._claimant.finish([outcome])
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001 - its lease ends, and so does the item after as many attempts as it has
            logger().exception("an outcome can't be written", job=outcome.task.job_id, item=outcome.task.number)
            return False
        return counts

    def _tell(self, outcome: Outcome) -> None:
        task, error = outcome.task, outcome.error
        became = "ok" if outcome.answer is not None else error.code if error is not None else "released"
        self._recorder.count(JOB_ITEMS, outcome=became)
        if outcome.answer is not None or outcome.work.stage_s:
            self._tenants.tell(task.tenant, outcome.work)
        logger().info(
            "item ended", tenant=task.tenant, job=task.job_id, item=task.number, attempt=task.attempt, outcome=became,
            error=error.message if error is not None else None,
        )  # fmt: skip
