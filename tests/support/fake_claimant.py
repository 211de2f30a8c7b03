"""A queue in memory, as one dispatcher sees it."""

import asyncio
from collections import deque

from services.api.common import Blob
from services.api.studio import CreateCutoutResponse
from services.common.errors import StorageUnavailable
from services.jobs.schema import Backlog, Held, Outcome, Task
from services.tenants.usage import Work

AWAY = StorageUnavailable("the database does not answer")


def task(number=0, fence=1, tenant="local", **options):
    """A cutout of a photo that nobody looks for."""
    fields = {
        "key": str(number), "attempt": 1, "method": "cutout", "recipe": "{}", "overrides": None, "image": "{}",
    }  # fmt: skip
    return Task(tenant=tenant, job_id="job", number=number, fence=fence, **fields | options)


def answer(number=0):
    """As the workflow gives it."""
    key = f"cutouts/local/job/{number}-1-aa.png"
    blob = Blob(key=key, media_type="image/png", size_bytes=10, sha256="a" * 64, width=1000, height=1000)
    return CreateCutoutResponse(request_id=f"job/{number}-1", image=blob)


def made(item):
    """A success."""
    return Outcome(item, answer(item.number), work=Work(items=1, megapixels=1.0))


class FakeClaimant:
    """Hands out tasks once and keeps what it is told.

    Args:
        count: Tasks to hand out.

    Attributes:
        waiting: Tasks that nobody has yet.
        most: How many were asked for, each time.
        outcomes: What was told of tasks, by number.
        lost: Numbers of tasks that are another's now.
        stop: Numbers of tasks that are to stop.
        away: Whether the database does not answer.
        poison: Numbers whose outcomes can't be written.
        batches: How many outcomes were written together.
    """

    def __init__(self, count=0):
        self.waiting = deque(task(number) for number in range(count))
        self.most = []
        self.outcomes = {}
        self.lost, self.stop, self.poison = set(), set(), set()
        self.away = False
        self.batches = []
        self.renewed = 0
        self.reaped = 0

    async def claim(self, most):
        await self._asked()
        self.most.append(most)
        return [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]

    async def renew(self, tasks):
        await self._asked()
        self.renewed += 1
        held = frozenset(each.claim for each in tasks if each.number not in self.lost)
        return Held(held, frozenset(claim for claim in held if claim[1] in self.stop))

    async def finish(self, outcomes):
        await self._asked()
        if self.poison & {outcome.task.number for outcome in outcomes}:
            raise ValueError("this can't be written")
        self.batches.append(len(outcomes))
        counted = [outcome.task.number not in self.lost for outcome in outcomes]
        self.outcomes |= {each.task.number: each for each, counts in zip(outcomes, counted, strict=True) if counts}
        return counted

    async def reap(self):
        await self._asked()
        self.reaped += 1
        return 0

    async def backlog(self):
        await self._asked()
        return Backlog(float(len(self.waiting)), len(self.waiting), 0)

    async def _asked(self):
        await asyncio.sleep(0)
        if self.away:
            raise AWAY


class FakeWork:
    """Makes items when it is let.

    Attributes:
        begun: Numbers of items, in order.
        discarded: Keys of pictures that were removed.
        errors: By number, what comes instead of a picture.
    """

    def __init__(self, gate=None):
        self.gate = gate or asyncio.Event()
        self.begun, self.discarded, self.errors = [], [], {}

    async def outcome(self, item):
        self.begun.append(item.number)
        await self.gate.wait()
        if item.number in self.errors:
            return Outcome(item, error=self.errors[item.number])
        return made(item)

    async def discard(self, unwanted):
        self.discarded.append(unwanted.image.key)
