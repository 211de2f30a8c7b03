"""UploadService without a transport: addresses that take files."""

import asyncio
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.api.uploads import CreateUploadRequest, CreateUploadResponse, UploadHeader
from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia
from services.gateway.schema import Call
from services.gateway.styles import ADAPTER_TYPE
from services.jobs.told import time_told
from services.storage.blobs import UPLOADS, BlobStore
from services.storage.owner import result_key

#: The extension that a file gets, by its type: photos that are read, lists of items, and adapters of styles.
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
_ADAPTERS: Final[Mapping[str, str]] = MappingProxyType({ADAPTER_TYPE: "safetensors"})


class Uploads:
    """Answers UploadService's requests.

    Args:
        store: Signs addresses.
        max_photo_bytes: Largest photo.
        max_list_bytes: Largest list of items.
        max_adapter_bytes: Largest adapter of a style.
    """

    def __init__(self, store: BlobStore, max_photo_bytes: int, max_list_bytes: int, max_adapter_bytes: int) -> None:
        self._store = store
        self._known = {
            **{media_type: (extension, max_photo_bytes) for media_type, extension in _PHOTOS.items()},
            **{media_type: (extension, max_list_bytes) for media_type, extension in _LISTS.items()},
            **{media_type: (extension, max_adapter_bytes) for media_type, extension in _ADAPTERS.items()},
        }

    async def create_upload(self, request: CreateUploadRequest, call: Call) -> CreateUploadResponse:
        """An address that takes one file of the tenant's.

        Raises:
            UnsupportedMedia: Files of that type are of no use here.
            InvalidInput: The file is empty.
            TooLarge: It is larger than what is taken of its type.
        """
        if request.media_type not in self._known:
            raise UnsupportedMedia(f"media_type: wanted is one of {', '.join(self._known)}", field="media_type")
        extension, limit = self._known[request.media_type]
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
