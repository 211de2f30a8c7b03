"""StudioService without a transport: admission, the workflow, and handing results out."""

import asyncio
import datetime
from collections.abc import AsyncGenerator
from typing import Final

from services.api.common import Blob
from services.api.studio import (
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    ReadBlobRequest,
    ReadBlobResponse,
    StageEvent,
    StreamShotRequest,
    StreamShotResponse,
)
from services.common.errors import NotFound
from services.gateway.limits import Admission
from services.gateway.readiness import Readiness
from services.storage.blobs import BlobStore, media_type_of
from services.workflow.events import Listener, nobody_listens
from services.workflow.shot import ShotWorkflow

CHUNK_BYTES: Final = 1 << 20

#: Only results are read by key; nothing else in the store is anybody's business.
READABLE_PREFIXES: Final = ("shots/", "cutouts/")


class Studio:
    """Answers StudioService's requests.

    Args:
        workflow: Makes pictures.
        store: Where they lie.
        admission: How many are made at once.
        readiness: Nothing is made before every stage is warm.
        inline_bytes: Largest file sent inside an answer.
    """

    def __init__(
        self, workflow: ShotWorkflow, store: BlobStore, admission: Admission, readiness: Readiness, inline_bytes: int
    ) -> None:
        self._workflow = workflow
        self._store = store
        self._admission = admission
        self._readiness = readiness
        self._inline_bytes = inline_bytes

    async def create_cutout(self, request: CreateCutoutRequest, request_id: str) -> CreateCutoutResponse:
        """Cut a product out; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        async with deadline.limit(), self._admission.place():
            answer = await self._workflow.cutout(request, request_id, deadline)
            image = await asyncio.to_thread(self._handed_out, answer.image, request.output.inline)
        return answer.model_copy(update={"image": image})

    async def create_shot(
        self, request: CreateShotRequest, request_id: str, listener: Listener = nobody_listens
    ) -> CreateShotResponse:
        """Make a shot; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        async with deadline.limit(), self._admission.place():
            answer = await self._workflow.shot(request, request_id, deadline, listener)
            image = await asyncio.to_thread(self._handed_out, answer.image, request.output.inline)
        return answer.model_copy(update={"image": image})

    async def stream_shot(
        self, request: StreamShotRequest, request_id: str
    ) -> AsyncGenerator[StreamShotResponse, None]:
        """Make a shot and tell of every stage; leaving the stream stops the work."""
        events: asyncio.Queue[StageEvent | None] = asyncio.Queue()
        work = asyncio.create_task(self.create_shot(request.shot, request_id, events.put_nowait))
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield StreamShotResponse(stage=event)
            yield StreamShotResponse(shot=await work)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait([work])

    async def read_blob(self, request: ReadBlobRequest) -> AsyncGenerator[ReadBlobResponse, None]:
        """A stored result in chunks of at most 1 MiB.

        Raises:
            NotFound: No result has that key.
        """
        content, media_type = await self.read_result(request.key)
        for start in range(0, len(content), CHUNK_BYTES):
            yield ReadBlobResponse(
                chunk=content[start : start + CHUNK_BYTES], size_bytes=len(content), media_type=media_type
            )

    async def read_result(self, key: str) -> tuple[bytes, str]:
        """A stored result's bytes and media type.

        Raises:
            NotFound: No result has that key.
        """
        if not key.startswith(READABLE_PREFIXES):
            raise NotFound("no blob has that key", field="key")
        return await asyncio.to_thread(self._store.get, key), media_type_of(key)

    def _handed_out(self, blob: Blob, inline: bool) -> Blob:
        address = self._store.sign(blob.key)
        expires = datetime.datetime.fromtimestamp(address.expires_at_s, datetime.UTC)
        content = self._store.get(blob.key) if inline and blob.size_bytes <= self._inline_bytes else b""
        return blob.model_copy(
            update={"url": address.url, "expire_time": f"{expires:%Y-%m-%dT%H:%M:%SZ}", "content": content}
        )
