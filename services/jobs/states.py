"""The states of jobs and items, and the ways between them: there are no others."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.api import jobs as api
from services.api.jobs import JobState


class ItemState(StrEnum):
    """As stored: WAITING is QUEUED for callers, but not before its time has come."""

    QUEUED = "QUEUED"
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def told(self) -> api.ItemState:
        """As callers are told it."""
        return api.ItemState.QUEUED if self is ItemState.WAITING else api.ItemState(self.value)

    @property
    def column(self) -> str:
        """The column of a job's row that counts its items in this state."""
        return self.value.lower()


#: From which state an item may go to which.
ITEM_WAYS: Final[Mapping[ItemState, frozenset[ItemState]]] = MappingProxyType(
    {
        ItemState.QUEUED: frozenset({ItemState.RUNNING, ItemState.CANCELLED}),
        ItemState.WAITING: frozenset({ItemState.QUEUED, ItemState.CANCELLED}),
        # Back to QUEUED: its dispatcher stops. To WAITING: its attempt failed, and another may help.
        ItemState.RUNNING: frozenset(
            {ItemState.SUCCEEDED, ItemState.FAILED, ItemState.CANCELLED, ItemState.QUEUED, ItemState.WAITING}
        ),
        ItemState.SUCCEEDED: frozenset(),
        ItemState.FAILED: frozenset({ItemState.QUEUED}),
        ItemState.CANCELLED: frozenset(),
    }
)

#: The same of jobs. DONE becomes ACTIVE again when failed items are retried.
JOB_WAYS: Final[Mapping[JobState, frozenset[JobState]]] = MappingProxyType(
    {
        JobState.ACTIVE: frozenset({JobState.PAUSED, JobState.CANCELLING, JobState.CANCELLED, JobState.DONE}),
        JobState.PAUSED: frozenset({JobState.ACTIVE, JobState.CANCELLING, JobState.CANCELLED, JobState.DONE}),
        JobState.CANCELLING: frozenset({JobState.CANCELLED}),
        JobState.DONE: frozenset({JobState.ACTIVE}),
        JobState.CANCELLED: frozenset(),
    }
)

#: In these an item has ended.
ENDED_ITEMS: Final = frozenset({ItemState.SUCCEEDED, ItemState.FAILED, ItemState.CANCELLED})
#: In these a job has ended.
ENDED_JOBS: Final = frozenset({JobState.DONE, JobState.CANCELLED})
