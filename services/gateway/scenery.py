"""Scenes without a product, without a transport: admission, the workflow, the file, and handing it out."""

import asyncio
import secrets

from services.api.common import Blob, OutputOptions
from services.api.studio import Canvas
from services.codecs.encode import encode_image
from services.common.deadline import Deadline
from services.common.image import ImageFormat
from services.gateway.admission import Admission
from services.gateway.readiness import Readiness
from services.storage.blobs import BlobStore
from services.workflow.answer import blob_answer
from services.workflow.scenery import SceneryWorkflow
from services.workflow.shot import DEFAULT_QUALITY


class SceneryStudio:
    """Makes pictures of scenes.

    Args:
        workflow: Draws them.
        store: Where they lie, among the shots.
        admission: How many pictures of all kinds are made at once.
        readiness: Nothing is made before every stage is warm.
        timeout_s: How long one may take, waiting included.
    """

    def __init__(
        self, workflow: SceneryWorkflow, store: BlobStore, admission: Admission, readiness: Readiness, timeout_s: float
    ) -> None:
        self._workflow = workflow
        self._store = store
        self._admission = admission
        self._readiness = readiness
        self._timeout_s = timeout_s

    async def create(self, scene_id: str, canvas: Canvas, output: OutputOptions, request_id: str) -> Blob:
        """Draw a scene and store it, JPEG where the output names no format.

        Raises:
            VitrineError: Any of the tree's.
        """
        await self._readiness.require()
        deadline = Deadline.after(self._timeout_s)
        async with deadline.limit(), self._admission.place():
            made = await self._workflow.draw(scene_id, canvas, request_id, deadline)
            image_format = output.format or ImageFormat.JPEG
            content = await asyncio.to_thread(encode_image, made.image, image_format, output.quality or DEFAULT_QUALITY)
            # Unguessable, because whoever knows it may read the file.
            key = f"shots/{request_id}-{secrets.token_hex(16)}.{image_format.extension}"
            stored = await asyncio.to_thread(self._store.put, key, content, image_format.media_type)
            address = await asyncio.to_thread(self._store.sign, key)
        return blob_answer(stored).model_copy(update={"url": address.url})
