"""A blob store whose traffic is measured."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from services.common.deadline import Deadline
from services.common.errors import Internal, VitrineError
from services.common.metrics import BLOB_BYTES, BLOB_SECONDS, Recorder
from services.storage.blobs import BlobInfo, BlobStore, SignedUpload, SignedUrl, StoredBlob

T = TypeVar("T")


class MeasuredBlobs:
    """`BlobStore` over another one. What it signs is not measured, as callers use it without us.

    Args:
        store: Does the work.
        recorder: Gets how long every operation took, its outcome, and how many bytes went.
    """

    def __init__(self, store: BlobStore, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    def put(self, key: str, data: bytes, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """See `BlobStore`."""
        stored = self._timed("put", lambda: self._store.put(key, data, media_type, deadline))
        self._recorder.count(BLOB_BYTES, stored.size_bytes, operation="put")
        return stored

    def put_file(self, key: str, path: Path, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """See `BlobStore`."""
        stored = self._timed("put", lambda: self._store.put_file(key, path, media_type, deadline))
        self._recorder.count(BLOB_BYTES, stored.size_bytes, operation="put")
        return stored

    def get(self, key: str, deadline: Deadline | None = None) -> bytes:
        """See `BlobStore`."""
        data = self._timed("get", lambda: self._store.get(key, deadline))
        self._recorder.count(BLOB_BYTES, len(data), operation="get")
        return data

    def get_file(self, key: str, path: Path, deadline: Deadline | None = None) -> None:
        """See `BlobStore`."""
        self._timed("get", lambda: self._store.get_file(key, path, deadline))
        self._recorder.count(BLOB_BYTES, path.stat().st_size, operation="get")

    def head(self, key: str, deadline: Deadline | None = None) -> BlobInfo:
        """See `BlobStore`."""
        return self._timed("head", lambda: self._store.head(key, deadline))

    def under(self, folder: str, deadline: Deadline | None = None) -> Iterator[BlobInfo]:
        """See `BlobStore`; not measured, as who reads on decides how long it takes."""
        return self._store.under(folder, deadline)

    def delete(self, keys: Iterable[str], deadline: Deadline | None = None) -> None:
        """See `BlobStore`."""
        self._timed("delete", lambda: self._store.delete(keys, deadline))

    def sign(self, key: str) -> SignedUrl:
        """See `BlobStore`."""
        return self._store.sign(key)

    def sign_upload(self, key: str, media_type: str, size_bytes: int) -> SignedUpload:
        """See `BlobStore`."""
        return self._store.sign_upload(key, media_type, size_bytes)

    def _timed(self, operation: str, work: Callable[[], T]) -> T:
        began, outcome = time.monotonic(), Internal.code
        try:
            done = work()
            outcome = "ok"
        except VitrineError as error:
            outcome = error.code
            raise
        finally:
            self._recorder.observe(BLOB_SECONDS, time.monotonic() - began, operation=operation, outcome=outcome)
        return done
