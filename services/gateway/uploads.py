"""UploadService without a transport: addresses that take files."""

import asyncio
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.api.uploads import CreateUploadRequest, CreateUploadResponse, UploadHeader
from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia
from services.gateway.schema import Call
from services.jobs.told import time_told
from services.storage.blobs import UPLOADS, BlobStore
from services.storage.owner import result_key

#: The extension that a file gets, by its type: photos that are read, and lists of items.
_PHOTOS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/webp": "webp",
        "image/avif": "avif",
        "image/heic": "heic",
        "image/heif": "heif",
        "image/tiff": "tiff",
    }
)
_LISTS: Final[Mapping[str, str]] = MappingProxyType({"text/csv": "csv", "application/jsonl": "jsonl"})


class Uploads:
    """Answers UploadService's requests.

    Args:
        store: Signs addresses.
        max_photo_bytes: Largest photo.
        max_list_bytes: Largest list of items.
    """

    def __init__(self, store: BlobStore, max_photo_bytes: int, max_list_bytes: int) -> None:
        self._store = store
        self._max_photo_bytes = max_photo_bytes
        self._max_list_bytes = max_list_bytes

    async def create_upload(self, request: CreateUploadRequest, call: Call) -> CreateUploadResponse:
        """An address that takes one file of the tenant's.

        Raises:
            UnsupportedMedia: Files of that type are of no use here.
            InvalidInput: The file is empty.
            TooLarge: It is larger than what is taken of its type.
        """
        extension = _PHOTOS.get(request.media_type) or _LISTS.get(request.media_type)
        if extension is None:
            raise UnsupportedMedia(f"media_type: wanted is one of {', '.join((*_PHOTOS, *_LISTS))}", field="media_type")
        limit = self._max_photo_bytes if request.media_type in _PHOTOS else self._max_list_bytes
        if not request.size_bytes:
            raise InvalidInput("size_bytes: the size of the file is wanted, at least 1", field="size_bytes")
        if request.size_bytes > limit:
            raise TooLarge(
                f"size_bytes: at most {limit} bytes are taken of {request.media_type}, got {request.size_bytes}",
                field="size_bytes", got=request.size_bytes, limit=limit,
            )  # fmt: skip
        key = result_key(UPLOADS, call.tenant, f"{secrets.token_hex(16)}.{extension}")
        signed = await asyncio.to_thread(self._store.sign_upload, key, request.media_type, request.size_bytes)
        return CreateUploadResponse(
            key=key,
            url=signed.url,
            headers=[UploadHeader(name=name, value=value) for name, value in signed.headers.items()],
            expire_time=time_told(signed.expires_at_s),
        )
