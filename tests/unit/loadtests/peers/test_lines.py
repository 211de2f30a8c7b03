"""Programs that are no service are asked by lines."""

import asyncio
import contextlib
import socket

from loadtests.peers.callers import LineCaller, Wanted
from loadtests.peers.lines import Ask, answer_lines
from loadtests.peers.photo import Photo


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_answers_come_as_they_are_made_and_one_that_fails_ends_no_other(tmp_path):
    asked = []

    async def make(ask: Ask) -> bytes:
        asked.append(ask.scene_id)
        if ask.number == 3:
            raise TimeoutError("too late")
        await asyncio.sleep(0.02 if ask.number == 1 else 0)
        return bytes(30_000 if ask.number == 1 else 10)

    port = free_port()
    program = asyncio.create_task(answer_lines(make, "127.0.0.1", port))
    caller = LineCaller("127.0.0.1", port)
    for _ in range(200):
        if await caller.ready():
            break
        await asyncio.sleep(0.005)
    photo = Photo("photo", b"\xff\xd8", (8, 8))
    wanted = [
        Wanted(kind, photo, tmp_path / "photo", number, "marble", 40)
        for number, kind in ((1, "shot"), (2, "cutout"), (3, "cutout"))
    ]
    answers = await asyncio.gather(*(caller.call(each) for each in wanted))
    await caller.close()
    program.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await program
    assert answers == ["ok", "10 bytes", "TimeoutError"]
    assert asked == ["marble", "", ""]
