"""Scenes without a product, without a transport: admission, the workflow, the file, and handing it out."""

import asyncio
import secrets

from services.api.common import Blob, OutputOptions
from services.api.studio import Canvas, CreateShotRequest, CreateShotResponse
from services.common.deadline import Deadline
from services.common.image import ImageFormat
from services.gateway.admission import Admission
from services.gateway.creations import Creations
from services.gateway.schema import Call
from services.provenance.origin import scene_origin
from services.provenance.writer import PictureWriter
from services.storage.blobs import BlobStore
from services.storage.owner import result_key
from services.workflow.answer import blob_answer
from services.workflow.readiness import Readiness
from services.workflow.scenery import SceneryWorkflow
from services.workflow.shot import DEFAULT_QUALITY


class SceneryStudio:
    """Makes pictures of scenes.

    Args:
        workflow: Draws them.
        store: Where they lie, among the shots.
        writer: Makes files of them.
        admission: How many pictures of all kinds are made at once.
        readiness: Nothing is made before every stage is warm.
        creations: Make each call once.
        timeout_s: How long one may take, waiting included.
    """

    def __init__(
        self,
        workflow: SceneryWorkflow,
        store: BlobStore,
        writer: PictureWriter,
        admission: Admission,
        readiness: Readiness,
        creations: Creations,
        timeout_s: float,
    ) -> None:
        self._workflow = workflow
        self._store = store
        self._writer = writer
        self._admission = admission
        self._readiness = readiness
        self._creations = creations
        self._timeout_s = timeout_s

    async def create(self, scene_id: str, canvas: Canvas, output: OutputOptions, call: Call) -> Blob:
        """Draw a scene and store it, JPEG where the output names no format.

        Raises:
            VitrineError: Any of the tree's.
        """
        await self._readiness.require()
        deadline = Deadline.after(self._timeout_s)
        # A shot whose photo is missing: nothing else is asked for in these words.
        request = CreateShotRequest(scene_id=scene_id, canvas=canvas, output=output)
        async with deadline.limit():
            answer = await self._creations.once(
                call, request, CreateShotResponse, lambda: self._made(request, call, deadline), self._discard
            )
            address = await asyncio.to_thread(self._store.sign, answer.image.key)
        return answer.image.model_copy(update={"url": address.url})

    async def _made(self, request: CreateShotRequest, call: Call, deadline: Deadline) -> CreateShotResponse:
        output = request.output
        async with self._admission.place():
            made = await self._workflow.draw(request.scene_id, request.canvas or Canvas(), call.request_id, deadline)
            image_format = output.format or ImageFormat.JPEG
            quality = output.quality or DEFAULT_QUALITY
            content = await asyncio.to_thread(self._writer.write, made.image, image_format, quality, scene_origin())
            # Unguessable too, as request ids are the callers' to choose.
            key = result_key(
                "shots", call.tenant, f"{call.request_id}-{secrets.token_hex(16)}.{image_format.extension}"
            )
            stored = await asyncio.to_thread(self._store.put, key, content, image_format.media_type)
        return CreateShotResponse(
            request_id=call.request_id,
            image=blob_answer(stored),
            scene_id=made.scene_id,
            seed=made.seed,
            timings=made.timings,
        )

    async def _discard(self, answer: CreateShotResponse) -> None:
        await asyncio.to_thread(self._store.delete, [answer.image.key])
