"""The states of trainings and the ways between them: there are no others."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.api.trainings import StyleTrainingState as State
from services.database.tables import StyleTrainingRow

_DAY_S: Final = 86_400.0

ENDED: Final = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
#: Somebody works on it.
HELD: Final = frozenset({State.RUNNING, State.CANCELLING})
WAYS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
        State.RUNNING: frozenset({State.QUEUED, State.CANCELLING, State.SUCCEEDED, State.FAILED}),
        State.CANCELLING: frozenset({State.CANCELLED}),
        **dict.fromkeys(ENDED, frozenset[State]()),
    }
)


class Moves:
    """Moves trainings from state to state.

    Args:
        keep_days: How long ended ones are kept.
        now: Unix time in seconds.
    """

    def __init__(self, keep_days: float, now: Callable[[], float] = time.time) -> None:
        self._keep_s = keep_days * _DAY_S
        self._now = now

    def to(self, row: StyleTrainingRow, target: State, **values: Any) -> None:
        """Move a training that was read with its lock, and set further columns of it.

        Raises:
            ValueError: There is no way from where it is.
        """
        if target not in WAYS[State(row.state)]:
            raise ValueError(f"a training can't go from {row.state} to {target}")
        row.state = target
        if target not in HELD:
            row.lease_until_s = None
        if target in ENDED:
            row.ended_s = self._now()
            row.expires_s = row.ended_s + self._keep_s
        for name, value in values.items():
            setattr(row, name, value)
