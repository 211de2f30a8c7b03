"""StudioService without a transport: admission, the workflow, and handing results out."""

import asyncio
import datetime
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from services.api.common import Blob
from services.api.studio import (
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    DenoisingStep,
    ReadBlobRequest,
    ReadBlobResponse,
    StageEvent,
    StreamShotRequest,
    StreamShotResponse,
)
from services.common.deadline import Deadline
from services.common.errors import NotFound, VitrineError
from services.common.logs import logger
from services.gateway.admission import Admission
from services.gateway.readiness import Readiness
from services.storage.blobs import RESULT_FOLDERS, BlobStore, media_type_of
from services.workflow.events import Listener, nobody_listens
from services.workflow.shot import ShotWorkflow

CHUNK_BYTES: Final = 1 << 20

#: Only results are read by key; nothing else in the store is anybody's business.
READABLE_PREFIXES: Final = tuple(f"{folder}/" for folder in RESULT_FOLDERS)

#: Whoever waits for an answer that failed waits so long at most for its files to be removed.
_REMOVAL_WAIT_S: Final = 2.0


class Studio:
    """Answers StudioService's requests.

    Args:
        workflow: Makes pictures.
        store: Where they lie.
        admission: How many are made at once.
        readiness: Nothing is made before every stage is warm.
        inline_bytes: Files sent inside an answer are at most so large, together.
    """

    def __init__(
        self, workflow: ShotWorkflow, store: BlobStore, admission: Admission, readiness: Readiness, inline_bytes: int
    ) -> None:
        self._workflow = workflow
        self._store = store
        self._admission = admission
        self._readiness = readiness
        self._inline_bytes = inline_bytes

    async def create_cutout(
        self, request: CreateCutoutRequest, request_id: str, tenant: str = ""
    ) -> CreateCutoutResponse:
        """Cut a product out; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        async with deadline.limit(), self._admission.place():
            answer = await self._workflow.cutout(request, request_id, deadline, tenant)
            [image] = await self._handed_out([answer.image], request.output.inline, deadline)
        return answer.model_copy(update={"image": image})

    async def create_shot(
        self,
        request: CreateShotRequest,
        request_id: str,
        tenant: str = "",
        listener: Listener = nobody_listens,
        preview_every: int = 0,
    ) -> CreateShotResponse:
        """Make a shot; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        async with deadline.limit(), self._admission.place():
            answer = await self._workflow.shot(request, request_id, deadline, listener, tenant, preview_every)
            blobs = [answer.image, *(layer.blob for layer in answer.layers)]
            image, *own = await self._handed_out(blobs, request.output.inline, deadline)
        layers = [layer.model_copy(update={"blob": blob}) for layer, blob in zip(answer.layers, own, strict=True)]
        return answer.model_copy(update={"image": image, "layers": layers})

    async def stream_shot(
        self, request: StreamShotRequest, request_id: str, tenant: str = ""
    ) -> AsyncGenerator[StreamShotResponse, None]:
        """Make a shot and tell of every stage and step; leaving the stream stops the work."""
        events: asyncio.Queue[StageEvent | DenoisingStep | None] = asyncio.Queue()
        work = asyncio.create_task(
            self.create_shot(request.shot, request_id, tenant, events.put_nowait, request.preview_every)
        )
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield _told(event)
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

    async def _handed_out(self, blobs: Sequence[Blob], inline: bool, deadline: Deadline) -> list[Blob]:
        """Addresses and contents for a caller; where that fails or nobody waits any more, the files go, since nobody
        will ever know their keys."""
        try:
            return await asyncio.to_thread(self._addressed, blobs, inline, deadline)
        except BaseException:
            removal = asyncio.ensure_future(asyncio.to_thread(self._remove, [blob.key for blob in blobs]))
            await asyncio.wait([removal], timeout=_REMOVAL_WAIT_S)
            raise

    def _addressed(self, blobs: Sequence[Blob], inline: bool, deadline: Deadline) -> list[Blob]:
        """The blobs with addresses, and with their content as long as all together stay small enough for an answer."""
        room = self._inline_bytes if inline else -1
        handed_out = []
        for blob in blobs:
            content = self._store.get(blob.key, deadline) if blob.size_bytes <= room else b""
            room -= len(content)
            handed_out.append(self._signed(blob, content))
        return handed_out

    def _remove(self, keys: Sequence[str]) -> None:
        try:
            self._store.delete(keys)
        except VitrineError as error:
            logger().warning("files that were not handed out could not be removed", error=error.message)

    def _signed(self, blob: Blob, content: bytes) -> Blob:
        address = self._store.sign(blob.key)
        expires = datetime.datetime.fromtimestamp(address.expires_at_s, datetime.UTC)
        return blob.model_copy(
            update={"url": address.url, "expire_time": f"{expires:%Y-%m-%dT%H:%M:%SZ}", "content": content}
        )


def _told(event: StageEvent | DenoisingStep) -> StreamShotResponse:
    return StreamShotResponse(step=event) if isinstance(event, DenoisingStep) else StreamShotResponse(stage=event)
