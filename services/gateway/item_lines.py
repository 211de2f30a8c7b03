"""Items as lines of JSON, taken while they come."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from pydantic import ValidationError

from services.api.convert import invalid_input
from services.api.jobs import MAX_STREAMED_ITEMS, JobItemSpec
from services.common.errors import InvalidInput

#: A line may hold a photo, so items are handed on by their size too.
CHUNK_BYTES: Final = 4 << 20


async def item_lines(lines: AsyncGenerator[bytes, None]) -> AsyncGenerator[list[JobItemSpec], None]:
    """The items, a few megabytes or `MAX_STREAMED_ITEMS` at a time; empty lines are left out.

    Raises:
        InvalidInput: A line is no item; details tell its number, counted from 1, and the field.
    """
    chunk: list[tuple[int, bytes]] = []
    size_bytes = number = 0
    async with aclosing(lines):
        async for line in lines:
            number += 1
            if not line.strip():
                continue
            chunk.append((number, line))
            size_bytes += len(line)
            if len(chunk) == MAX_STREAMED_ITEMS or size_bytes >= CHUNK_BYTES:
                yield await asyncio.to_thread(_items, chunk)
                chunk, size_bytes = [], 0
    if chunk:
        yield await asyncio.to_thread(_items, chunk)


def _items(lines: Sequence[tuple[int, bytes]]) -> list[JobItemSpec]:
    return [_item(number, line) for number, line in lines]


def _item(number: int, line: bytes) -> JobItemSpec:
    try:
        return JobItemSpec.model_validate_json(line)
    except ValidationError as error:
        fault = invalid_input(error, JobItemSpec)
        details = {**fault.details, "line": number}
        raise InvalidInput(f"line {number}: {fault.message}", **details) from error
