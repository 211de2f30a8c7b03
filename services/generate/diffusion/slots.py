"""The requests that the denoising loop has taken on, and whose turn it is."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.generate.diffusion.order import Order
from services.generate.diffusion.sample import Bucket, Sample


@dataclass(eq=False)
class Slot:
    """One request's place in the loop, from admission to picture.

    Args:
        order: What was asked for.
        bucket: What it can share a batch with.
        future: Where the picture goes. It counts as pending until then, so that it can be cancelled at any time.
        number: Of its arrival.
        due_s: Unix time when it ought to be done: its deadline, or earlier, see `Admission`.
        served_s: Unix time of its last step, at first of its arrival.
        alone: Never to share a batch.
        sample: Its tensors; None until it is prepared.
    """

    order: Order
    bucket: Bucket
    future: "Future[NDArray[np.uint8]]"
    number: int
    due_s: float
    served_s: float
    alone: bool
    sample: Sample | None = None

    @property
    def steps_left(self) -> int:
        """Steps still to be taken."""
        if self.sample is None:
            return self.order.request.steps_run
        return self.sample.steps_total - self.sample.steps_done

    @property
    def finished(self) -> bool:
        """Whether only decoding is left."""
        return self.sample is not None and self.sample.done

    def shares_with(self, other: "Slot") -> bool:
        """Whether both may be in one batch."""
        alike = self.bucket == other.bucket and self.order.request.styles == other.order.request.styles
        return self is other or (alike and not self.alone and not other.alone)


class Slots:
    """A bounded set of slots in the order of service.

    First by priority, then by `due_s`, which never changes: whatever comes later, everybody becomes the first in time.
    Across priorities nobody starves either: who got no step for `ageing_s` counts as one priority higher, for one step.

    Args:
        limit: Requests held at once.
        ageing_s: See above.
    """

    def __init__(self, limit: int, ageing_s: float) -> None:
        self.limit = limit
        self._ageing_s = ageing_s
        self._slots: dict[Slot, None] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Slot]:
        return iter(list(self._slots))

    def __contains__(self, slot: Slot) -> bool:
        return slot in self._slots

    @property
    def full(self) -> bool:
        """Whether another request must come again later."""
        return len(self._slots) >= self.limit

    def add(self, slot: Slot) -> None:
        """Take a request on."""
        self._slots[slot] = None

    def remove(self, slot: Slot) -> None:
        """Let a request go."""
        del self._slots[slot]

    def rank(self, slot: Slot, now_s: float) -> tuple[int, float, int]:
        """Its place in the order of service; less comes first."""
        risen = int((now_s - slot.served_s) / self._ageing_s)
        return max(0, slot.order.priority - risen), slot.due_s, slot.number

    def ranked(self, now_s: float) -> list[Slot]:
        """All in the order of service."""
        return sorted(self._slots, key=lambda slot: self.rank(slot, now_s))

    def batch(self, now_s: float, limit: Callable[[Slot], int]) -> list[Slot]:
        """Who takes the next step: the first, and who may share with it, in their order.

        Args:
            now_s: Unix time.
            limit: How many samples a batch around this one may hold.
        """
        waiting = [slot for slot in self.ranked(now_s) if not slot.finished]
        if not waiting:
            return []
        first = waiting[0]
        return [slot for slot in waiting if first.shares_with(slot)][: limit(first)]
