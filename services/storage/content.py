"""Files named by what they hold: stored once however often they come, and never read as anything else."""

import hashlib
import re
from pathlib import Path
from typing import Final

from services.common.deadline import Deadline
from services.common.errors import NotFound, StorageUnavailable
from services.storage.blobs import BlobStore, StoredBlob, describe, describe_file

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Content:
    """Files under `<folder>/<first two digits>/<SHA-256 in hex>`.

    Args:
        store: Where they lie.
        folder: A key's form.
    """

    def __init__(self, store: BlobStore, folder: str) -> None:
        self._store = store
        self._folder = folder

    def put(self, data: bytes, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store bytes, unless they are there.

        Raises:
            StorageUnavailable: The store can't be written.
        """
        told = describe("", data, media_type)
        key = self.key(told.sha256)
        if self._has(key, told.size_bytes, deadline):
            return StoredBlob(key, media_type, told.size_bytes, told.sha256, told.width, told.height)
        return self._store.put(key, data, media_type, deadline)

    def put_file(self, path: Path, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store a file of any size, unless it is there.

        Raises:
            StorageUnavailable: The store can't be written.
        """
        told = describe_file("", path, media_type)
        key = self.key(told.sha256)
        if self._has(key, told.size_bytes, deadline):
            return StoredBlob(key, media_type, told.size_bytes, told.sha256)
        return self._store.put_file(key, path, media_type, deadline)

    def get(self, sha256: str, deadline: Deadline | None = None) -> bytes:
        """The bytes of that digest.

        Raises:
            NotFound: Nothing of that digest is stored, or it is none.
            StorageUnavailable: The store can't be read, or what it gives has another digest.
        """
        data = self._store.get(self.key(sha256), deadline)
        _check(hashlib.sha256(data).hexdigest(), sha256)
        return data

    def get_file(self, sha256: str, path: Path, deadline: Deadline | None = None) -> None:
        """Write the file of that digest to `path`, see `get`; one of another digest does not stay there."""
        self._store.get_file(self.key(sha256), path, deadline)
        try:
            _check(describe_file("", path, "").sha256, sha256)
        except StorageUnavailable:
            path.unlink()
            raise

    def key(self, sha256: str) -> str:
        """Where the file of that digest lies.

        Raises:
            NotFound: It is no digest.
        """
        if not _SHA256.fullmatch(sha256):
            raise NotFound("a SHA-256 in 64 lower-case hexadecimal digits is wanted", got=sha256[:80])
        return f"{self._folder}/{sha256[:2]}/{sha256}"

    def _has(self, key: str, size_bytes: int, deadline: Deadline | None) -> bool:
        try:
            return self._store.head(key, deadline).size_bytes == size_bytes
        except NotFound:
            return False


def _check(got: str, wanted: str) -> None:
    if got != wanted:
        raise StorageUnavailable("the stored file is damaged: its digest is not the one that names it", key=wanted)
