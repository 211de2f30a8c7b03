"""What is measured of one peer while it is up."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from loadtests.peers.callers import CUTOUT, KINDS, OK, SHOT
from loadtests.peers.figures import throughput
from loadtests.peers.load import Call, Load, Stretch
from loadtests.peers.memory import cpu_by_role, cpu_share, tree_pss_mb
from loadtests.peers.peer import Running

_START_TIMEOUT_S: Final = 240.0
_POLL_S: Final = 0.1
#: So long nothing is asked of a peer before its memory is read.
_REST_S: Final = 3.0
#: Times its own throughput.
OVERLOAD: Final = 4.0

ONE_CLIENT: Final = "one client"
SATURATED: Final = "saturated"
AT_RATE: Final = "at the rate"
OVERLOADED: Final = "overloaded"
IN_TURNS: Final = "in turns"


@dataclass(frozen=True)
class Lengths:
    """How much is measured at each visit.

    Args:
        one_client: Calls of each kind, one after the other.
        in_turns: The same of (d) and (e) beside each other.
        clients: At saturation.
        saturated_s, at_rate_s: Seconds by kind.
        overloaded_s: Seconds in which too many shots come.
        patience_s: How long a caller waits.
    """

    one_client: int
    in_turns: int
    clients: int
    saturated_s: dict[str, float]
    at_rate_s: dict[str, float]
    overloaded_s: float
    patience_s: float


FULL: Final = Lengths(4, 8, 4, {CUTOUT: 10, SHOT: 14}, {CUTOUT: 20, SHOT: 45}, 24, 24)
QUICK: Final = Lengths(2, 2, 4, {CUTOUT: 3, SHOT: 3}, {CUTOUT: 5, SHOT: 8}, 8, 12)


@dataclass
class Visit:
    """What was measured.

    Args:
        letter: Of the peer.
        number: Of the round.
        ready_s, first_answer_s: From its start.
        pss_mb: By moment.
        rest_cpu: Cores that it keeps busy while nobody asks anything.
        cpu_s: CPU time for each picture at saturation, by kind and role of the process.
        stretches: By what was measured, and kind.
    """

    letter: str
    number: int
    ready_s: float = 0.0
    first_answer_s: float = 0.0
    pss_mb: dict[str, float] = field(default_factory=dict)
    rest_cpu: float = 0.0
    cpu_s: dict[str, dict[str, float]] = field(default_factory=dict)
    stretches: dict[tuple[str, str], Stretch] = field(default_factory=dict)


class Visitor:
    """Measures a peer that was just started.

    Args:
        running: The peer.
        load: Makes calls to it.
        lengths: How much.
        number: Of the round; arrivals differ by it.
    """

    def __init__(self, running: Running, load: Load, lengths: Lengths, number: int) -> None:
        self._running = running
        self._load = load
        self._lengths = lengths
        self.visit = Visit(running.peer.letter, number)

    async def start(self) -> None:
        """Until it has answered, and gone through both kinds of picture on all its ways.

        Raises:
            TimeoutError: It did not.
        """
        began_s = self._running.started_s
        while not await self._running.ready():
            if time.monotonic() > began_s + _START_TIMEOUT_S:
                raise TimeoutError(f"peer ({self.visit.letter}) was not ready after {_START_TIMEOUT_S:g} s")
            await asyncio.sleep(_POLL_S)
        self.visit.ready_s = time.monotonic() - began_s
        answer = await self._load.first_answer(_START_TIMEOUT_S)
        self.visit.first_answer_s = answer.ended_s - began_s
        for kind in KINDS:
            await asyncio.gather(*(self._load.one(kind, turn) for turn in range(4)))

    async def rest(self, moment: str) -> None:
        """Memory, and what it works while nobody asks anything."""
        self.visit.rest_cpu = await asyncio.to_thread(cpu_share, self._running.pid, _REST_S)
        self.visit.pss_mb[moment] = await asyncio.to_thread(tree_pss_mb, self._running.pid)

    async def one_client(self) -> None:
        """Latency with nobody else there."""
        for kind in KINDS:
            self._keep(ONE_CLIENT, kind, await self._load.one_client(kind, self._lengths.one_client))

    async def saturated(self) -> None:
        """Throughput, and memory and CPU time while it works."""
        for kind in KINDS:
            for_s = self._lengths.saturated_s[kind]
            memory = asyncio.create_task(self._memory_after(for_s / 2))
            before = cpu_by_role(self._running.pid)
            stretch = await self._load.at_once(kind, self._lengths.clients, for_s)
            made = max(1, sum(each.outcome == OK for each in stretch.calls))
            after = cpu_by_role(self._running.pid)
            self.visit.cpu_s[kind] = {role: (after[role] - before.get(role, 0.0)) / made for role in after}
            self._keep(SATURATED, kind, stretch)
            self.visit.pss_mb["at work"] = max(self.visit.pss_mb.get("at work", 0.0), await memory)

    async def at_rate(self, per_s: dict[str, float]) -> None:
        """Latency at rates that are the same for all peers, by kind."""
        for kind in KINDS:
            seed = 1000 * self.visit.number + KINDS.index(kind)
            self._keep(AT_RATE, kind, await self._load.at_rate(kind, per_s[kind], self._lengths.at_rate_s[kind], seed))

    async def overloaded(self) -> None:
        """More shots than it can make."""
        own_per_s = throughput(self.visit.stretches[SATURATED, SHOT])
        if own_per_s is not None:
            seed = 1000 * self.visit.number + 2
            stretch = await self._load.at_rate(SHOT, OVERLOAD * own_per_s, self._lengths.overloaded_s, seed)
            self._keep(OVERLOADED, SHOT, stretch)

    async def in_turns(self, plain: Load) -> Visit:
        """One call after the other, to (d) and by each way to this one, first one, then the other.

        Returns:
            Nothing but those calls: of (d).
        """
        beside = Visit("d", self.visit.number)
        ways = [plain, *(self._load.through(caller) for caller in self._running.callers)]
        for kind in KINDS:
            taken: list[list[Call]] = [[] for _ in ways]
            for turn in range(self._lengths.in_turns):
                for place in _rotated(len(ways), turn):
                    taken[place].append(await ways[place].one(kind, turn))
            for visit, calls in ((beside, taken[0]), (self.visit, [*itertools.chain(*taken[1:])])):
                self._keep(IN_TURNS, kind, Stretch(calls[0].due_s, calls[-1].ended_s, tuple(calls), 0.0), visit)
        return beside

    async def _memory_after(self, seconds: float) -> float:
        await asyncio.sleep(seconds)
        return await asyncio.to_thread(tree_pss_mb, self._running.pid)

    def _keep(self, what: str, kind: str, stretch: Stretch, visit: Visit | None = None) -> None:
        (visit or self.visit).stretches[what, kind] = stretch


def _rotated(count: int, turn: int) -> Sequence[int]:
    """All places, beginning with another one each turn."""
    return [(place + turn) % count for place in range(count)]
