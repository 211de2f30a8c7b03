"""From where a request says its photo is to the photo's bytes."""

import asyncio
from typing import Protocol, TypeVar

from services.api.common import ImageSource
from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, NotFound, VitrineError
from services.common.settings import Settings
from services.fetch.bucket import BucketInputs
from services.fetch.https import HttpsFetcher
from services.storage.blobs import BlobStore
from services.storage.owner import require_own

Request = TypeVar("Request", CreateCutoutRequest, CreateShotRequest)


class Http(Protocol):
    """Fetches by https address, see `HttpsFetcher`."""

    async def fetch(self, url: str) -> bytes:
        """The photo at an address."""


class Buckets(Protocol):
    """Fetches by s3 address, see `BucketInputs`."""

    def fetch(self, url: str, tenant: str, deadline: Deadline) -> bytes:
        """The photo."""


class Sources:
    """Gets photos, keep-masks and references that are not in the request itself.

    Args:
        http: For https addresses; such are refused where None.
        buckets: For s3 addresses; such are refused where None.
        store: For keys of results; such are refused where None.
    """

    def __init__(
        self,
        http: Http | None = None,
        buckets: Buckets | None = None,
        store: BlobStore | None = None,
    ) -> None:
        self._http = http
        self._buckets = buckets
        self._store = store

    @classmethod
    def open(cls, settings: Settings, store: BlobStore) -> "Sources":
        """As the settings say."""
        max_bytes = settings.limits.max_image_bytes
        http = HttpsFetcher(settings.fetch, max_bytes) if settings.fetch.enabled else None
        inputs = settings.storage.inputs
        buckets = BucketInputs(settings.storage.s3, inputs, max_bytes) if inputs else None
        return cls(http, buckets, store)

    async def fetched(self, request: Request, tenant: str, deadline: Deadline) -> Request:
        """The request with all its images' bytes in it.

        Raises:
            VitrineError: Any that says what is wrong with an address or with what is there; details name the field.
        """
        image = await self._content(request.image, "image", tenant, deadline)
        changes: dict[str, object] = {"image": image}
        if request.selection is not None and request.selection.keep_mask is not None:
            mask = await self._content(request.selection.keep_mask, "selection.keep_mask", tenant, deadline)
            changes["selection"] = request.selection.model_copy(update={"keep_mask": mask})
        if isinstance(request, CreateShotRequest) and request.reference is not None:
            changes["reference"] = await self._content(request.reference, "reference", tenant, deadline)
        return request.model_copy(update=changes)

    async def _content(self, image: ImageSource, field: str, tenant: str, deadline: Deadline) -> ImageSource:
        if not (image.url or image.blob_key):
            return image
        try:
            async with deadline.limit():
                content = await (
                    self._at(image.url, tenant, deadline)
                    if image.url
                    else self._stored(image.blob_key, tenant, deadline)
                )
        except VitrineError as error:
            name = f"{field}.url" if image.url else f"{field}.blob_key"
            raise type(error)(f"{name}: {error.message}", **{**error.details, "field": name}) from error
        return ImageSource(content=content)

    async def _at(self, url: str, tenant: str, deadline: Deadline) -> bytes:
        if url.startswith("s3://"):
            if self._buckets is None:
                raise InvalidInput("this service reads from no bucket; the setting storage.inputs allows it")
            return await asyncio.to_thread(self._buckets.fetch, url, tenant, deadline)
        if self._http is None:
            raise InvalidInput("this service fetches no addresses; send the file itself")
        return await self._http.fetch(url)

    async def _stored(self, key: str, tenant: str, deadline: Deadline) -> bytes:
        if self._store is None:
            raise NotFound("no blob has that key")
        require_own(key, tenant)
        return await asyncio.to_thread(self._store.get, key, deadline)
