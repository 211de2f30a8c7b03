"""Calls to a peer: whose turn it is, who gives up, and what is kept."""

import asyncio
import itertools
from pathlib import Path

from loadtests.peers.load import GAVE_UP, Load, Scene
from loadtests.peers.photo import Photo

PHOTOS = [(Photo(name, b"\xff\xd8", (8, 8)), Path(name)) for name in ("one", "two")]


class FakeCaller:
    def __init__(self, name, takes_s=0.0):
        self.name = name
        self.wanted = []
        self.at_work = self.most_at_work = 0
        self._takes_s = takes_s

    async def call(self, wanted):
        self.wanted.append(wanted)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await asyncio.sleep(self._takes_s)
        self.at_work -= 1
        return "ok"

    async def close(self):
        pass


def load(*callers, patience_s=5.0):
    return Load(callers, PHOTOS, Scene(), patience_s)


async def test_every_way_gets_every_photo():
    grpc, http = FakeCaller("gRPC"), FakeCaller("HTTP")
    await load(grpc, http).one_client("cutout", 4)
    assert [each.photo.name for each in grpc.wanted] == [each.photo.name for each in http.wanted] == ["one", "two"]


async def test_no_number_comes_twice_whoever_calls():
    caller = FakeCaller("HTTP")
    both = load(caller)
    await both.one_client("shot", 2)
    await both.through(caller).one_client("shot", 2)
    numbers = [each.number for each in caller.wanted]
    assert numbers == list(itertools.islice(itertools.count(numbers[0]), 4))


async def test_clients_are_all_busy_and_no_more_than_they_are():
    caller = FakeCaller("HTTP", takes_s=0.005)
    stretch = await load(caller).at_once("shot", clients=3, for_s=0.05)
    assert caller.most_at_work == 3
    assert len(stretch.calls) >= 3


async def test_a_caller_gives_up():
    stretch = await load(FakeCaller("HTTP", takes_s=5), patience_s=0.01).one_client("shot", 1)
    assert [each.outcome for each in stretch.calls] == [GAVE_UP]


async def test_the_same_seed_gives_the_same_arrivals():
    first, second = [
        await load(FakeCaller("HTTP")).at_rate("shot", per_s=200, for_s=0.1, seed=3) for _ in range(2)
    ]  # fmt: skip
    due_s = [[round(call.due_s - each.began_s, 6) for call in each.calls] for each in (first, second)]
    assert sorted(due_s[0]) == sorted(due_s[1])
