"""From where a request says its photo is to the photo's bytes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from services.api.common import ImageSource
from services.api.photo import PhotoRequest
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, NotFound, VitrineError
from services.common.settings import Settings
from services.fetch.bucket import BucketInputs
from services.fetch.https import HttpsFetcher
from services.fetch.images import Request, images_of, with_images
from services.storage.blobs import BlobStore, checked_key
from services.storage.owner import require_source


class Http(Protocol):
    """Fetches by https address, see `HttpsFetcher`."""

    def check(self, url: str) -> None:
        """Refuse an address that nothing is ever fetched from."""

    async def fetch(self, url: str) -> bytes:
        """The photo at an address."""


class Buckets(Protocol):
    """Fetches by s3 address, see `BucketInputs`."""

    def check(self, url: str, tenant: str) -> object:
        """Refuse an address that the tenant may not read from."""

    def fetch(self, url: str, tenant: str, deadline: Deadline) -> bytes:
        """The photo."""


class Sources:
    """Gets photos, keep-masks and references that are not in the request itself.

    Args:
        http: For https addresses; such are refused where None.
        buckets: For s3 addresses; such are refused where None.
        store: For keys of results and uploads; such are refused where None.
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
        images = {
            field: await self._content(image, field, tenant, deadline) for field, image in images_of(request).items()
        }
        return with_images(request, images)

    def check(self, request: PhotoRequest, tenant: str) -> None:
        """Refuse what no address of the request's can lead to, without asking anywhere.

        Raises:
            VitrineError: Any that says what is wrong with an address; details name the field.
        """
        for field, image in images_of(request).items():
            self.check_image(image, field, tenant)

    def check_image(self, image: ImageSource, field: str, tenant: str) -> None:
        """The same for one image.

        Args:
            image: Where it comes from; one that is in the request itself passes.
            field: Its dotted name.
            tenant: Whose request it is.
        """
        if not (image.url or image.blob_key):
            return
        with _named(image, field):
            if not image.url:
                self._check_stored(image.blob_key, tenant)
            elif image.url.startswith("s3://"):
                self._bucket_reader().check(image.url, tenant)
            else:
                self._fetcher().check(image.url)

    async def _content(self, image: ImageSource, field: str, tenant: str, deadline: Deadline) -> ImageSource:
        if not (image.url or image.blob_key):
            return image
        with _named(image, field):
            async with deadline.limit():
                content = await (
                    self._at(image.url, tenant, deadline)
                    if image.url
                    else self._stored(image.blob_key, tenant, deadline)
                )
        return ImageSource(content=content)

    async def _at(self, url: str, tenant: str, deadline: Deadline) -> bytes:
        if url.startswith("s3://"):
            return await asyncio.to_thread(self._bucket_reader().fetch, url, tenant, deadline)
        return await self._fetcher().fetch(url)

    async def _stored(self, key: str, tenant: str, deadline: Deadline) -> bytes:
        store = self._check_stored(key, tenant)
        return await asyncio.to_thread(store.get, key, deadline)

    def _bucket_reader(self) -> Buckets:
        if self._buckets is None:
            raise InvalidInput("this service reads from no bucket; the setting storage.inputs allows it")
        return self._buckets

    def _fetcher(self) -> Http:
        if self._http is None:
            raise InvalidInput("this service fetches no addresses; send the file itself")
        return self._http

    def _check_stored(self, key: str, tenant: str) -> BlobStore:
        if self._store is None:
            raise NotFound("no blob has that key")
        require_source(checked_key(key), tenant)
        return self._store


@contextmanager
def _named(image: ImageSource, field: str) -> Iterator[None]:
    """Errors of the body, with the field's name."""
    try:
        yield
    except VitrineError as error:
        name = f"{field}.url" if image.url else f"{field}.blob_key"
        raise type(error)(f"{name}: {error.message}", **{**error.details, "field": name}) from error
