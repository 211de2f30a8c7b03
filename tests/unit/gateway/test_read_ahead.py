import asyncio
from contextlib import aclosing

import pytest

from services.gateway.read_ahead import read_ahead


class Source:
    """A stream as Serve's proxy makes it: only a cancel while it waits tells it that its reader left."""

    def __init__(self, count, ready):
        self.count = count
        self.ready = ready
        self.told = False

    async def messages(self):
        for number in range(self.count):
            try:
                await asyncio.sleep(0 if number < self.ready else 30)
            except asyncio.CancelledError:
                self.told = True
                return
            yield number


async def test_messages_come_in_order_and_end():
    assert [each async for each in read_ahead(Source(4, 4).messages())] == [0, 1, 2, 3]


@pytest.mark.parametrize("ready", [1, 2, 3, 50], ids=lambda ready: f"{ready} at once")
async def test_stream_that_is_closed_at_a_message_tells_its_source(ready):
    source = Source(100, ready)
    async with aclosing(read_ahead(source.messages())) as messages:
        async for _ in messages:
            await asyncio.sleep(0.01)
            break
    assert source.told


async def test_stream_that_is_cancelled_while_it_waits_tells_its_source():
    source = Source(100, 1)

    async def read():
        return [each async for each in read_ahead(source.messages())]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    reading.cancel()
    await asyncio.wait([reading])
    assert source.told


async def test_error_of_the_source_arrives():
    async def broken():
        yield 1
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        [each async for each in read_ahead(broken())]


async def test_stream_that_has_ended_is_told_nothing():
    source = Source(2, 2)
    assert [each async for each in read_ahead(source.messages())] == [0, 1]
    assert not source.told
