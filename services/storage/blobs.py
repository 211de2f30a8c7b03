"""The blob store: everything that outlives a request lies here, by key."""

import re
from dataclasses import dataclass
from typing import Protocol

from services.common.errors import NotFound

#: Keys are paths of plain segments: no "..", no empty segment, no leading dot, nothing that a shell or URL would read.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
MAX_KEY_LENGTH = 512


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
    """Put, get and sign. Implementations: `LocalBlobs` (a directory) and `S3Blobs`."""

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

    def sign(self, key: str) -> SignedUrl:
        """An address for reading the key without credentials, for a limited time."""


def checked_key(key: str) -> str:
    """The key itself if it is well formed; a malformed one can't name anything, so it is not found.

    Raises:
        NotFound: It is malformed.
    """
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise NotFound("no blob has that key", key=key[:80])
    return key
