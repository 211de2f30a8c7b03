"""Who is taken on: the loop promises only what it expects to keep."""

import heapq
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Final

from services.common.errors import DeadlineExceeded, Overloaded
from services.generate.diffusion.batch_limits import BatchLimits
from services.generate.diffusion.estimates import DECODE, PREPARE, STEP, Estimates, Work
from services.generate.diffusion.order import Order
from services.generate.diffusion.sample import Bucket
from services.generate.diffusion.slots import Slot, Slots

#: A request ought to be done within so many times what it takes alone. Everybody's deadline is the same minute or so,
#: so deadlines alone would let a short request wait for all long ones before it (compare the stretch of Bender,
#: Chakrabarti & Muthukrishnan, "Flow and stretch metrics for scheduling continuous job streams", 1998). Of 4, 8, 16 and
#: 32, in virtual time at 1.5 times what gets done, 8 to 32 made short ones wait 5.5 times less than first come, first
#: served, and 4 2.8 times; the worst off fared best at 8 and 16.
PATIENCE: Final = 16.0
#: While nothing is known a step is taken for so long, so that short requests go first from the start.
UNKNOWN_STEP_S: Final = 1.0
#: What a caller is told to wait while nothing is known.
UNKNOWN_WAIT_S: Final = 1.0


class Admission:
    """Takes requests on, or refuses them with the reason.

    Args:
        slots: Those taken on. Read and changed under the loop's lock.
        estimates: What work takes.
        batches: How many share a batch.
    """

    def __init__(self, slots: Slots, estimates: Estimates, batches: BatchLimits) -> None:
        self._slots = slots
        self._estimates = estimates
        self._batches = batches
        self._arrived = 0

    def admit(self, order: Order, bucket: Bucket, now_s: float) -> Slot:
        """Take a request on.

        Raises:
            Cancelled, DeadlineExceeded: It is over already, or its time will not do; details hold estimate_s, seconds
                from now, and remaining_s.
            Overloaded: All slots are taken; details hold retry_after_s.
            TooLarge: It takes more memory than there is.
        """
        order.deadline.check(now_s)
        self._batches.check(bucket)
        if self._slots.full:
            retry_after_s = self.soonest_s()
            raise Overloaded(
                f"all {self._slots.limit} places for pictures being drawn are taken; try again later",
                retry_after_s=retry_after_s,
            )
        slot = self._open(order, bucket, now_s)
        self._check_forecast(slot, now_s)
        self._arrived += 1
        self._slots.add(slot)
        return slot

    def forecast_s(self, slot: Slot, now_s: float) -> float | None:
        """Seconds until that request's picture, with who is served before it; None = not enough is known.

        Those of its own bucket who come first keep places of the batch until they are done; those of other buckets have
        the device for themselves meanwhile.
        """
        rank = self._slots.rank(slot, now_s)
        ahead = [other for other in self._slots if other is not slot and self._slots.rank(other, now_s) < rank]
        peers = [other for other in ahead if slot.shares_with(other) and not other.finished]
        others = [other for other in ahead if other not in peers and not other.finished]
        needed = [self._steps_s(slot, slot.steps_left, peers), *map(self._beside_s, [*ahead, slot])]
        needed += [self._together_s(group) for group in _groups(others)]
        known = [seconds for seconds in needed if seconds is not None]
        return sum(known) if len(known) == len(needed) else None

    def soonest_s(self) -> float:
        """Seconds until the first slot is likely to be free."""
        waits = (self._alone_s(slot) for slot in self._slots)
        return min((wait for wait in waits if wait), default=UNKNOWN_WAIT_S)

    def _open(self, order: Order, bucket: Bucket, now_s: float) -> Slot:
        slot = Slot(order, bucket, Future(), self._arrived, now_s, now_s, order.deterministic)
        slot.due_s += PATIENCE * (self._alone_s(slot) or slot.steps_left * UNKNOWN_STEP_S)
        if order.deadline.at_s is not None:
            slot.due_s = min(slot.due_s, order.deadline.at_s)
        return slot

    def _check_forecast(self, slot: Slot, now_s: float) -> None:
        if slot.order.deadline.at_s is None:
            return
        remaining = slot.order.deadline.at_s - now_s
        estimate = self.forecast_s(slot, now_s)
        if estimate is not None and estimate > remaining:
            raise DeadlineExceeded(
                f"the picture would take about {estimate:.1f} s and the request allows {remaining:.1f} s; allow more "
                "with 'timeout', or ask for fewer steps",
                estimate_s=round(estimate, 3), remaining_s=round(remaining, 3),
            )  # fmt: skip

    def _alone_s(self, slot: Slot) -> float | None:
        """What is left of a request, if it had the device for itself."""
        parts = self._steps_s(slot, slot.steps_left, []), self._beside_s(slot)
        return None if None in parts else sum(part or 0.0 for part in parts)

    def _beside_s(self, slot: Slot) -> float | None:
        """What is left of a request beside its steps."""
        decoding = self._estimates.seconds(Work(DECODE, slot.bucket))
        preparing = self._estimates.seconds(Work(PREPARE, slot.bucket)) if slot.sample is None else 0.0
        return None if decoding is None or preparing is None else preparing + decoding

    def _steps_s(self, slot: Slot, steps: int, peers: list[Slot]) -> float | None:
        """Until `steps` of that slot are taken, if each of `peers` keeps its place of the batch until it is done."""
        places = 1 if slot.alone else self._batches.limit(slot.bucket)
        until = [0] * places
        for left in (peer.steps_left for peer in peers):
            heapq.heapreplace(until, until[0] + left)
        seconds = self._estimates.seconds(Work(STEP, slot.bucket, min(places, len(peers) + 1)))
        return None if seconds is None else (until[0] + steps) * seconds

    def _together_s(self, group: list[Slot]) -> float | None:
        """Until a group that shares batches is done."""
        by_length = sorted(group, key=lambda slot: -slot.steps_left)
        times = [self._steps_s(slot, slot.steps_left, by_length[:place]) for place, slot in enumerate(by_length)]
        known = [seconds for seconds in times if seconds is not None]
        return max(known) if len(known) == len(times) else None


def _groups(slots: Iterable[Slot]) -> list[list[Slot]]:
    """Slots by whom they share batches with."""
    groups: list[list[Slot]] = []
    for slot in slots:
        for group in groups:
            if group[0].shares_with(slot):
                group.append(slot)
                break
        else:
            groups.append([slot])
    return groups
