"""The part of CatalogService that is about styles, without a transport."""

import asyncio
import hashlib
from typing import Final

from services.api.catalog import (
    CreateStyleRequest,
    CreateStyleResponse,
    DeleteStyleRequest,
    DeleteStyleResponse,
    ListStylesRequest,
    ListStylesResponse,
)
from services.api.catalog import Style as ToldStyle
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, TooLarge
from services.common.settings import Settings
from services.gateway.creations import to_its_end
from services.gateway.page import page_of
from services.gateway.schema import Call
from services.generate.schema import PLATES_ONLY, AdapterFacts, DrawnStyle, ExamineRequest
from services.jobs.told import time_told
from services.storage.blobs import BlobStore, checked_key
from services.storage.owner import require_source
from services.styles.registry import StyleRegistry
from services.styles.schema import Style
from services.workflow.readiness import Readiness
from services.workflow.stages import ExamineStage

#: Styles taken in at once, as each is held in memory whole; others wait.
AT_ONCE: Final = 2
#: What uploads of adapters are declared as.
ADAPTER_TYPE: Final = "application/vnd.safetensors"


class Styles:
    """Answers the requests, each for the call's tenant alone. All raise `StorageUnavailable` when the store does not
    answer.

    Args:
        registry: Keeps styles.
        examiner: Knows the checkpoint.
        readiness: Asked before a style is examined.
        store: Where uploads lie.
        settings: The whole tree.
    """

    def __init__(
        self,
        registry: StyleRegistry,
        examiner: ExamineStage,
        readiness: Readiness,
        store: BlobStore,
        settings: Settings,
    ) -> None:
        self._registry = registry
        self._examiner = examiner
        self._readiness = readiness
        self._store = store
        self._draws = settings.generate.engine == "diffusion"
        self._max_bytes = settings.styles.max_mb << 20
        self._timeout_s = settings.limits.default_timeout_s
        self._places = asyncio.Semaphore(AT_ONCE)

    async def list_styles(self, request: ListStylesRequest, call: Call) -> ListStylesResponse:
        """Those that the tenant may draw with, by id; none where nothing is drawn.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        known = await asyncio.to_thread(self._registry.known_to, call.tenant) if self._draws else {}
        ids = sorted(known)
        page, token = page_of([known[each] for each in ids], ids, request.page_size, request.page_token)
        return ListStylesResponse(styles=[self._told(style) for style in page], next_page_token=token)

    async def create_style(self, request: CreateStyleRequest, call: Call) -> CreateStyleResponse:
        """Take a style in once it was found to fit the checkpoint; else nothing of it stays.

        Raises:
            InvalidInput: The adapter is none, is a pickle, was made for another architecture, has too high a rank or
                numbers that are none; or nothing is drawn here, or the tenant has as many styles as it may.
            NotFound: None of the tenant's uploads has that key.
            TooLarge: The file is.
            Conflict: The tenant has a style of that id with another file.
        """
        async with self._places:
            style = await self._created(request, call)
        return CreateStyleResponse(style=self._told(style))

    async def delete_style(self, request: DeleteStyleRequest, call: Call) -> DeleteStyleResponse:
        """Remove a style of the tenant's own.

        Raises:
            NotFound: It has none of that id.
        """
        await asyncio.to_thread(self._registry.remove, call.tenant, request.style_id)
        return DeleteStyleResponse()

    async def _created(self, request: CreateStyleRequest, call: Call) -> Style:
        data = await asyncio.to_thread(self._content, request, call.tenant)
        if not self._draws:
            raise InvalidInput(PLATES_ONLY, field="adapter")
        if not request.style_id:
            raise InvalidInput("style_id: it is missing", field="style_id")
        await self._readiness.require()
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        style = Style(call.tenant, request.style_id, request.description, digest, len(data))
        known = await asyncio.to_thread(self._registry.put, style, data)
        return known or await self._taken_in(style, call)

    def _content(self, request: CreateStyleRequest, tenant: str) -> bytes:
        source = request.adapter
        if source.blob_key:
            require_source(checked_key(source.blob_key), tenant)
            self._check_size(self._store.head(source.blob_key).size_bytes)
            return self._store.get(source.blob_key)
        if not source.content:
            raise InvalidInput("adapter: it is missing; wanted is content or blob_key", field="adapter")
        self._check_size(len(source.content))
        return source.content

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            raise TooLarge(
                f"adapter: at most {self._max_bytes} bytes are taken, got {size_bytes}",
                field="adapter", got=size_bytes, limit=self._max_bytes,
            )  # fmt: skip

    async def _taken_in(self, style: Style, call: Call) -> Style:
        """A style whose file is in the store, made one; where it is not, the file goes."""
        try:
            facts = await self._examined(style, call)
            found = Style(
                style.tenant, style.style_id, style.description, style.sha256, style.size_bytes,
                facts.rank, facts.networks, facts.checkpoint,
            )  # fmt: skip
            return await to_its_end(asyncio.to_thread(self._registry.add, found))
        except BaseException:
            await to_its_end(asyncio.to_thread(self._registry.forget, style))
            raise

    async def _examined(self, style: Style, call: Call) -> AdapterFacts:
        deadline = Deadline.after(self._timeout_s)
        wanted = DrawnStyle(style.style_id, style.key, style.sha256, 1.0)
        pending = self._examiner.examine(ExamineRequest(wanted, call.request_id, deadline.at_s))
        try:
            async with deadline.limit():
                return await pending
        except InvalidInput as error:
            raise InvalidInput(f"adapter: {error.message}", **{**error.details, "field": "adapter"}) from error
        except BaseException:
            pending.cancel()
            raise

    def _told(self, style: Style) -> ToldStyle:
        return ToldStyle(
            style_id=style.style_id,
            description=style.description,
            sha256=style.sha256,
            size_bytes=style.size_bytes,
            rank=style.rank,
            networks=list(style.networks),
            checkpoint=style.checkpoint,
            create_time=time_told(style.created_s),
            shared=self._registry.is_shared(style),
        )
