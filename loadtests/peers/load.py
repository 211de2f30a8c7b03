"""Calls to one peer: one after the other, some at all times, and at a given rate."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from numpy.random import default_rng

from loadtests.arrivals import poisson, send_when_due
from loadtests.peers.callers import KINDS, OK, Caller, Wanted
from loadtests.peers.photo import Photo

#: An outcome: the caller waited no longer.
GAVE_UP: Final = "gave up"
#: A retry after nobody answered, while a peer starts.
_POLL_S: Final = 0.1


@dataclass(frozen=True)
class Call:
    """One call and what became of it; moments are of `time.monotonic`.

    Args:
        kind, way: What was asked for, and the caller's name.
        due_s: When it was to be made.
        ended_s: When its answer was there.
        outcome: `ok`, or what was answered instead.
    """

    kind: str
    way: str
    due_s: float
    ended_s: float
    outcome: str

    @property
    def took_s(self) -> float:
        """From when it was due."""
        return self.ended_s - self.due_s


@dataclass(frozen=True)
class Stretch:
    """Calls that belong together.

    Args:
        began_s, ended_s: The first and the last moment at which one could begin.
        calls: In the order in which they ended.
        own_cpu: Cores that the caller itself kept busy.
        per_s: The rate at which they were due; 0 where each waited for another.
    """

    began_s: float
    ended_s: float
    calls: tuple[Call, ...]
    own_cpu: float
    per_s: float = 0.0


@dataclass(frozen=True)
class Scene:
    """What all shots show: scene, and how far the camera looked down in degrees."""

    scene_id: str = "marble"
    pitch_deg: float = 40.0


class Load:
    """Makes calls.

    Args:
        callers: The ways to the peer, taken in turns.
        photos: Taken in turns too, and where each lies.
        scene: Of shots.
        patience_s: A call that is not answered so long after it was due is given up.
        first: The number of the first call.
    """

    def __init__(
        self,
        callers: Sequence[Caller],
        photos: Sequence[tuple[Photo, Path]],
        scene: Scene,
        patience_s: float,
        first: int = 1,
    ) -> None:
        self._callers = callers
        self._photos = photos
        self._scene = scene
        self._patience_s = patience_s
        self._numbers: Iterator[int] = itertools.count(first)

    def through(self, caller: Caller) -> "Load":
        """The same by one way alone; numbers go on, none comes twice."""
        other = Load([caller], self._photos, self._scene, self._patience_s)
        other._numbers = self._numbers
        return other

    async def first_answer(self, timeout_s: float) -> Call:
        """Of a peer that may still be starting: asked until somebody answers.

        Raises:
            TimeoutError: Nobody did, or not with a picture.
        """
        began_s = time.monotonic()
        while time.monotonic() - began_s < timeout_s:
            call = await self.one(KINDS[0], 0)
            if call.outcome == OK:
                return call
            await asyncio.sleep(_POLL_S)
        raise TimeoutError(f"no picture after {timeout_s:g} s; the last answer was {call.outcome!r}")

    async def one(self, kind: str, turn: int, due_s: float | None = None) -> Call:
        """Make one call.

        Args:
            kind: Of picture.
            turn: Says which photo and which way.
            due_s: When it is due; now if None.
        """
        due_s = time.monotonic() if due_s is None else due_s
        rest, way = divmod(turn, len(self._callers))
        caller, (photo, path) = self._callers[way], self._photos[rest % len(self._photos)]
        wanted = Wanted(kind, photo, path, next(self._numbers), self._scene.scene_id, self._scene.pitch_deg)
        try:
            async with asyncio.timeout(max(0.0, due_s + self._patience_s - time.monotonic())):
                outcome = await caller.call(wanted)
        except TimeoutError:
            outcome = GAVE_UP
        except ConnectionError:
            outcome = "no connection"
        return Call(kind, caller.name, due_s, time.monotonic(), outcome)

    async def one_client(self, kind: str, count: int) -> Stretch:
        """One call after the other."""
        async with _clocked() as clock:
            calls = [await self.one(kind, turn) for turn in range(count)]
        return clock.stretch(calls)

    async def at_once(self, kind: str, clients: int, for_s: float) -> Stretch:
        """As many at all times, each beginning when another ends (closed loop)."""
        turns, calls = itertools.count(), list[Call]()
        async with _clocked() as clock:

            async def client() -> None:
                while time.monotonic() < clock.began_s + for_s:
                    calls.append(await self.one(kind, next(turns)))

            await asyncio.gather(*(client() for _ in range(clients)))
        return clock.stretch(calls, for_s=for_s)

    async def at_rate(self, kind: str, per_s: float, for_s: float, seed: int) -> Stretch:
        """Independent callers (open loop, Poisson), each counted from when it was due; the same seed gives all peers
        the same arrivals."""
        calls: list[Call] = []
        async with _clocked() as clock:

            async def send(number: int, due_s: float) -> None:
                calls.append(await self.one(kind, number, due_s))

            due = clock.began_s + poisson(per_s, for_s, default_rng(seed))
            await send_when_due(due.tolist(), send)
        return clock.stretch(calls, for_s, per_s)


class _Clock:
    """How long something took, and what of it this process worked."""

    def __init__(self) -> None:
        self.began_s = time.monotonic()
        self._cpu_s = time.process_time()
        self._own_cpu = 0.0
        self._ended_s = self.began_s

    def stop(self) -> None:
        self._ended_s = time.monotonic()
        self._own_cpu = (time.process_time() - self._cpu_s) / max(1e-9, self._ended_s - self.began_s)

    def stretch(self, calls: Sequence[Call], for_s: float | None = None, per_s: float = 0.0) -> Stretch:
        ended_s = self._ended_s if for_s is None else self.began_s + for_s
        return Stretch(self.began_s, ended_s, tuple(calls), self._own_cpu, per_s)


@asynccontextmanager
async def _clocked() -> AsyncIterator[_Clock]:
    clock = _Clock()
    yield clock
    clock.stop()
