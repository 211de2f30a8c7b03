"""Asks and answers as lines of JSON over a loopback connection: how programs that are no service are measured.

A line costs a tenth of a millisecond; photos stay in files, and pictures where they were made.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Ask:
    """A picture to make.

    Args:
        number: Of the call; stands in the answer too.
        photo: A JPEG file of the same machine.
        width, height: Of the photo, in pixels.
        pitch_deg: How far its camera looked down.
        scene_id: Of a shot; empty: a cutout.
        seed: Of the background.
    """

    number: int
    photo: str
    width: int
    height: int
    pitch_deg: float
    scene_id: str = ""
    seed: int = 0

    @classmethod
    def read(cls, line: bytes) -> Self:
        """From a line."""
        return cls(**json.loads(line))

    def line(self) -> bytes:
        """As a line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @property
    def content(self) -> bytes:
        """The photo's file."""
        return Path(self.photo).read_bytes()


#: Makes one picture and gives its file.
Make = Callable[[Ask], Awaitable[bytes]]


async def answer_lines(make: Make, host: str, port: int) -> None:
    """Make what is asked for, as much at once as is asked for at once, until the process ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def answer(ask: Ask) -> None:
            try:
                told = {"size": len(await make(ask))}
            except Exception as error:  # noqa: BLE001 - whatever became of one picture, the others are made
                told = {"error": type(error).__name__}
            writer.write(json.dumps({"number": ask.number} | told).encode() + b"\n")

        try:
            async with asyncio.TaskGroup() as group:
                while line := await reader.readline():
                    group.create_task(answer(Ask.read(line)))
        finally:
            writer.close()

    async with await asyncio.start_server(serve, host, port) as server:
        await server.serve_forever()
