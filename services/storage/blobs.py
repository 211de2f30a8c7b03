"""The blob store: everything that outlives a request lies here, by key."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from services.codecs.opener import image_size_hw
from services.common.errors import NotFound
from services.common.image import ImageFormat

#: Keys are paths of plain segments: no "..", no empty segment, no leading dot, nothing that a shell or URL would read.
#: A segment is short enough to be a file name everywhere.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
MAX_KEY_LENGTH = 512

_MEDIA_TYPES = MappingProxyType({image_format.extension: image_format.media_type for image_format in ImageFormat})


@dataclass(frozen=True)
class StoredBlob:
    """What is known of a stored file; width and height are 0 where it is no image."""

    key: str
    media_type: str
    size_bytes: int
    sha256: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class SignedUrl:
    """An address that anyone may read until `expires_at_s` (Unix time)."""

    url: str
    expires_at_s: float


class BlobStore(Protocol):
    """Put, get, delete and sign. Implementations: `LocalBlobs` (a directory) and `S3Blobs`."""

    def put(self, key: str, data: bytes, media_type: str) -> StoredBlob:
        """Store bytes under a key, all or nothing; the same key again replaces the file.

        Raises:
            StorageUnavailable: The store can't be written.
        """

    def get(self, key: str) -> bytes:
        """The bytes under a key.

        Raises:
            NotFound: Nothing is stored there, or the key is none.
            StorageUnavailable: The store can't be read.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Remove what is stored under the keys; where nothing is, nothing happens.

        Raises:
            NotFound: A key is malformed.
            StorageUnavailable: The store can't be written; some may be gone, and asking again is safe.
        """

    def sign(self, key: str) -> SignedUrl:
        """An address for reading the key without credentials, for a limited time."""


def describe(key: str, data: bytes, media_type: str) -> StoredBlob:
    """What a store answers after writing `data`; an image's size is read from its header."""
    height, width = (image_size_hw(data) if media_type.startswith("image/") else None) or (0, 0)
    return StoredBlob(key, media_type, len(data), hashlib.sha256(data).hexdigest(), width, height)


def media_type_of(key: str) -> str:
    """The media type that a key's extension stands for; "application/octet-stream" where it has none of ours."""
    return _MEDIA_TYPES.get(key.rpartition(".")[2], "application/octet-stream")


def checked_key(key: str) -> str:
    """The key itself if it is well formed; a malformed one can't name anything, so it is not found.

    Raises:
        NotFound: It is malformed.
    """
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise NotFound("no blob has that key", key=key[:80])
    return key
