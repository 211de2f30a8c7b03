"""StudioService without a transport: admission, the workflow, and handing results out."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Final

from services.api.common import Blob
from services.api.lint import LintPhotoRequest, LintPhotoResponse
from services.api.photo import PhotoResponse
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
from services.common.errors import VitrineError
from services.common.logs import logger
from services.gateway.admission import Admission
from services.gateway.creations import Creations
from services.gateway.schema import Call
from services.storage.blobs import BlobStore, media_type_of
from services.storage.owner import require_own, require_result
from services.workflow.answer import addressed, blobs_of
from services.workflow.content import ContentGuard
from services.workflow.events import Listener, nobody_listens
from services.workflow.look import Look
from services.workflow.readiness import Readiness
from services.workflow.shot import ShotWorkflow

CHUNK_BYTES: Final = 1 << 20

#: Whoever waits for an answer that failed waits so long at most for its files to be removed.
_REMOVAL_WAIT_S: Final = 2.0


class Studio:
    """Answers StudioService's requests.

    Args:
        workflow: Makes pictures.
        store: Where they lie.
        admission: How many are made at once.
        readiness: Nothing is made before every stage is warm.
        creations: Make each call once.
        content: Looks at photos and pictures.
        inline_bytes: Files sent inside an answer are at most so large, together.
    """

    def __init__(
        self,
        workflow: ShotWorkflow,
        store: BlobStore,
        admission: Admission,
        readiness: Readiness,
        creations: Creations,
        content: ContentGuard,
        inline_bytes: int,
    ) -> None:
        self._workflow = workflow
        self._store = store
        self._admission = admission
        self._readiness = readiness
        self._creations = creations
        self._content = content
        self._inline_bytes = inline_bytes

    async def create_cutout(self, request: CreateCutoutRequest, call: Call) -> CreateCutoutResponse:
        """Cut a product out; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        looks = call.limits.content_policy

        async def work(look: Look) -> CreateCutoutResponse:
            async with self._admission.place():
                return await self._workflow.cutout(request, call.request_id, deadline, call.tenant, look)

        async with deadline.limit():
            answer = await self._creations.once(
                call, request, CreateCutoutResponse, partial(self._content.around, looks, work), self._discard
            )
            [image] = await self._handed_out(answer, request.output.inline, call, deadline)
        return answer.model_copy(update={"image": image})

    async def lint_photo(self, request: LintPhotoRequest, call: Call) -> LintPhotoResponse:
        """Hold a photo against a marketplace's rules; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        looks = call.limits.content_policy

        async def work(look: Look) -> LintPhotoResponse:
            async with self._admission.place():
                return await self._workflow.lint(request, call.request_id, deadline, call.tenant, look)

        async with deadline.limit():
            answer = await self._creations.once(
                call, request, LintPhotoResponse, partial(self._content.around, looks, work), self._discard
            )
            images = await self._handed_out(answer, request.output.inline, call, deadline)
        if answer.fix is None or not images:
            return answer
        return answer.model_copy(update={"fix": answer.fix.model_copy(update={"image": images[0]})})

    async def create_shot(
        self, request: CreateShotRequest, call: Call, listener: Listener = nobody_listens, preview_every: int = 0
    ) -> CreateShotResponse:
        """Make a shot; waiting for a place counts as part of the request's time."""
        await self._readiness.require()
        deadline = self._workflow.deadline(request.timeout)
        looks = call.limits.content_policy

        async def work(look: Look) -> CreateShotResponse:
            async with self._admission.place():
                return await self._workflow.shot(
                    request, call.request_id, deadline, listener, call.tenant, preview_every, look
                )

        async with deadline.limit():
            answer = await self._creations.once(
                call, request, CreateShotResponse, partial(self._content.around, looks, work), self._discard
            )
            image, *own = await self._handed_out(answer, request.output.inline, call, deadline)
        layers = [layer.model_copy(update={"blob": blob}) for layer, blob in zip(answer.layers, own, strict=True)]
        return answer.model_copy(update={"image": image, "layers": layers})

    async def stream_shot(self, request: StreamShotRequest, call: Call) -> AsyncGenerator[StreamShotResponse, None]:
        """Make a shot and tell of every stage and step; leaving the stream stops the work."""
        events: asyncio.Queue[StageEvent | DenoisingStep | None] = asyncio.Queue()
        work = asyncio.create_task(self.create_shot(request.shot, call, events.put_nowait, request.preview_every))
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield _told(event)
            yield StreamShotResponse(shot=await work)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait([work])

    async def read_blob(self, request: ReadBlobRequest, call: Call) -> AsyncGenerator[ReadBlobResponse, None]:
        """A stored result in chunks of at most 1 MiB.

        Raises:
            NotFound: None of the tenant's results has that key.
        """
        content, media_type = await self.read_own(request.key, call.tenant)
        for start in range(0, len(content), CHUNK_BYTES):
            yield ReadBlobResponse(
                chunk=content[start : start + CHUNK_BYTES], size_bytes=len(content), media_type=media_type
            )

    async def read_own(self, key: str, tenant: str) -> tuple[bytes, str]:
        """One of a tenant's results, and its media type.

        Raises:
            NotFound: None of its results has that key.
        """
        require_own(key, tenant)
        return await self.read_result(key)

    async def read_result(self, key: str) -> tuple[bytes, str]:
        """Anybody's result, for whoever holds its signed address.

        Raises:
            NotFound: No result has that key.
        """
        require_result(key)
        return await asyncio.to_thread(self._store.get, key), media_type_of(key)

    async def _handed_out(self, answer: PhotoResponse, inline: bool, call: Call, deadline: Deadline) -> list[Blob]:
        """Addresses and contents for a caller; where that fails or nobody waits any more, the files go, since nobody
        will ever know their keys, but for a caller who can ask for the same answer again."""
        try:
            return await asyncio.to_thread(self._addressed, blobs_of(answer), inline, deadline)
        except BaseException:
            if not call.idempotency_key:
                await self._discard(answer)
            raise

    async def _discard(self, answer: PhotoResponse) -> None:
        keys = [blob.key for blob in blobs_of(answer)]
        removal = asyncio.ensure_future(asyncio.to_thread(self._remove, keys))
        await asyncio.wait([removal], timeout=_REMOVAL_WAIT_S)

    def _addressed(self, blobs: Sequence[Blob], inline: bool, deadline: Deadline) -> list[Blob]:
        """The blobs with addresses, and with their content as long as all together stay small enough for an answer."""
        room = self._inline_bytes if inline else -1
        handed_out = []
        for blob in blobs:
            content = self._store.get(blob.key, deadline) if blob.size_bytes <= room else b""
            room -= len(content)
            handed_out.append(addressed(blob, self._store.sign(blob.key)).model_copy(update={"content": content}))
        return handed_out

    def _remove(self, keys: Sequence[str]) -> None:
        try:
            self._store.delete(keys)
        except VitrineError as error:
            logger().warning("files that were not handed out could not be removed", error=error.message)


def _told(event: StageEvent | DenoisingStep) -> StreamShotResponse:
    return StreamShotResponse(step=event) if isinstance(event, DenoisingStep) else StreamShotResponse(stage=event)
