"""One call at a time, by each way that a peer is reached; of an answer only its status and its length are looked at.

Photos are files already, and pictures are not decoded: all peers share their cores with who calls them.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import grpc
import httpx

from loadtests.peers.lines import Ask
from loadtests.peers.photo import Photo
from services.client.channel import OPTIONS
from services.pb.vitrine.v1 import common_pb2, studio_pb2

CUTOUT: Final = "cutout"
SHOT: Final = "shot"
KINDS: Final = (CUTOUT, SHOT)

OK: Final = "ok"
#: A picture of two megapixels has more bytes than this.
_LEAST_BYTES: Final = 20_000
#: Whoever measures gives up long before.
_LONGEST_S: Final = 600.0
_SERVICE: Final = "/vitrine.v1.StudioService"


@dataclass(frozen=True)
class Wanted:
    """One picture.

    Args:
        kind: `cutout` or `shot`.
        photo: The file that is sent.
        path: Where the same photo lies on this machine.
        number: Of the call; a background's seed too, so that none is drawn twice.
        scene_id, pitch_deg: Of a shot.
    """

    kind: str
    photo: Photo
    path: Path
    number: int
    scene_id: str
    pitch_deg: float

    def fields(self) -> dict[str, str]:
        """What a form has beside the photo; whoever does not know one leaves it aside."""
        if self.kind == CUTOUT:
            return {}
        height, width = self.photo.size_hw
        return {
            "scene_id": self.scene_id, "seed": str(self.number), "pose": "STANDING",
            "camera_pitch_deg": f"{self.pitch_deg:g}", "canvas.width": str(width), "canvas.height": str(height),
        }  # fmt: skip


class Caller(Protocol):
    """One way to a peer. `name` is for tables."""

    name: str

    async def call(self, wanted: Wanted) -> str:
        """Make one call and wait for its answer.

        Returns:
            `ok`, or what was answered instead.

        Raises:
            OSError: Nobody answers.
        """

    async def close(self) -> None:
        """Hang up."""


@dataclass
class HttpCaller:
    """A form by HTTP; the picture itself comes back.

    Args:
        base_url: Of the peer.
        paths: By kind.
        health: What says that it is ready.
    """

    base_url: str
    paths: dict[str, str]
    health: str
    name: str = "HTTP"
    _client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=None)
        self._client = httpx.AsyncClient(
            base_url=self.base_url, timeout=_LONGEST_S, limits=limits, headers={"Accept": "image/png"}
        )

    async def call(self, wanted: Wanted) -> str:
        """See `Caller`."""
        files = {"image": ("photo.jpg", wanted.photo.content, "image/jpeg")}
        try:
            answer = await self._client.post(self.paths[wanted.kind], files=files, data=wanted.fields())
        except httpx.TransportError as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
        if not answer.is_success:
            return str(answer.status_code)
        return _judged(len(answer.content))

    async def ready(self) -> bool:
        """Whether the peer says it is."""
        try:
            return (await self._client.get(self.health, timeout=5)).is_success
        except httpx.TransportError:
            return False

    async def close(self) -> None:
        """See `Caller`."""
        await self._client.aclose()


class GrpcCaller:
    """Vitrine's gRPC; a picture too large for an answer is fetched by a second call, as clients do it.

    Args:
        address: Host and port.
    """

    name = "gRPC"

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, OPTIONS)
        self._calls = {
            CUTOUT: self._unary("CreateCutout", studio_pb2.CreateCutoutRequest, studio_pb2.CreateCutoutResponse),
            SHOT: self._unary("CreateShot", studio_pb2.CreateShotRequest, studio_pb2.CreateShotResponse),
        }
        self._read: Any = self._channel.unary_stream(
            f"{_SERVICE}/ReadBlob",
            studio_pb2.ReadBlobRequest.SerializeToString,
            studio_pb2.ReadBlobResponse.FromString,
        )

    def _unary(self, name: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(f"{_SERVICE}/{name}", request.SerializeToString, response.FromString)

    async def call(self, wanted: Wanted) -> str:
        """See `Caller`."""
        try:
            answer = await self._calls[wanted.kind](_request(wanted))
            size = len(answer.image.content)
            if not size:
                async for part in self._read(studio_pb2.ReadBlobRequest(key=answer.image.key)):
                    size += len(part.chunk)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise ConnectionError(error.details()) from error
            return str(error.code().name)
        return _judged(size)

    async def close(self) -> None:
        """See `Caller`."""
        await self._channel.close(None)


class LineCaller:
    """A program of this machine that is asked by lines.

    Args:
        host, port: Where it listens.
    """

    name = "in one process"

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def ready(self) -> bool:
        """Whether it listens, as it does once everything is loaded."""
        if self._writer is None:
            try:
                reader, self._writer = await asyncio.open_connection(*self._address)
            except OSError:
                return False
            self._reading = asyncio.create_task(self._read(reader))
        return True

    async def call(self, wanted: Wanted) -> str:
        """See `Caller`."""
        if self._writer is None or self._reading is None or self._reading.done():
            raise ConnectionError("nobody listens")
        height, width = wanted.photo.size_hw
        scene_id = wanted.scene_id if wanted.kind == SHOT else ""
        ask = Ask(wanted.number, str(wanted.path), width, height, wanted.pitch_deg, scene_id, wanted.number)
        self._waiting[wanted.number] = answer = asyncio.get_running_loop().create_future()
        self._writer.write(ask.line())
        return await answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            told = json.loads(line)
            answer = self._waiting.pop(told["number"])
            if not answer.done():
                answer.set_result(told.get("error") or _judged(told["size"]))
        for answer in self._waiting.values():
            answer.set_exception(ConnectionError("the program has ended"))
        self._waiting.clear()

    async def close(self) -> None:
        """See `Caller`."""
        if self._writer is not None and self._reading is not None:
            self._reading.cancel()
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()


def _judged(size_bytes: int) -> str:
    return OK if size_bytes >= _LEAST_BYTES else f"{size_bytes} bytes"


def _request(wanted: Wanted) -> studio_pb2.CreateCutoutRequest | studio_pb2.CreateShotRequest:
    image = common_pb2.ImageSource(content=wanted.photo.content)
    output = studio_pb2.OutputOptions(format=common_pb2.ImageFormat.PNG, inline=True)
    if wanted.kind == CUTOUT:
        return studio_pb2.CreateCutoutRequest(image=image, output=output)
    height, width = wanted.photo.size_hw
    return studio_pb2.CreateShotRequest(
        image=image, output=output, scene_id=wanted.scene_id, seed=wanted.number,
        canvas=studio_pb2.Canvas(width=width, height=height),
        pose=studio_pb2.CreateShotRequest.STANDING, camera_pitch_deg=wanted.pitch_deg,
    )  # fmt: skip
