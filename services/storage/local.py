"""Blobs in a directory, read from outside through signed addresses that the gateway answers."""

import hashlib
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from services.common.deadline import Deadline
from services.common.errors import Forbidden, NotFound, StorageUnavailable
from services.storage.blobs import (
    BlobInfo,
    SignedUpload,
    SignedUrl,
    StoredBlob,
    Versioned,
    checked_folder,
    checked_key,
    describe,
    describe_file,
)
from services.storage.replace import replace
from services.storage.signature import Signature, upload_permit

#: Folders of ours in the directory; no key begins with a dot.
INCOMING: Final = ".incoming"
_LOCKS: Final = ".locks"

#: A conditional write waits so long at most for others, in seconds; they hold the lock for one small file's time.
_LOCK_TIMEOUT_S: Final = 10.0


class LocalBlobs:
    """A directory that holds each blob as the file that its key names.

    A file system knows no key that is both a file and a folder: after "a/b", "a" can't be written.

    Args:
        root: The directory; made at the first write. A link in it that leads out of it is not followed.
        signature: Signs and checks addresses.
        public_url: What callers reach the gateway by, such as "http://127.0.0.1:8000".
        url_ttl_s: How long an address works, in seconds.
        now: Unix time in seconds.
    """

    def __init__(
        self, root: Path, signature: Signature, public_url: str, url_ttl_s: int, now: Callable[[], float] = time.time
    ) -> None:
        self._root = root
        self._signature = signature
        self._public_url = public_url.rstrip("/")
        self._url_ttl_s = url_ttl_s
        self._now = now

    def put(self, key: str, data: bytes, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store bytes; a reader sees the old file or the new one whole, also after a crash."""
        with io.BytesIO(data) as source:
            self._write(key, source, deadline)
        return describe(key, data, media_type)

    def put_file(self, key: str, path: Path, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store a copy of a file; a reader sees the old one or the new one whole, also after a crash."""
        stored = describe_file(checked_key(key), path, media_type)
        with path.open("rb") as source:
            self._write(key, source, deadline)
        return stored

    def get(self, key: str, deadline: Deadline | None = None) -> bytes:
        """The bytes under a key."""
        with self._found(key, deadline) as path:
            return path.read_bytes()

    def get_file(self, key: str, path: Path, deadline: Deadline | None = None) -> None:
        """Copy what is stored under a key to a file."""
        with self._found(key, deadline) as found:
            source = found.open("rb")
        with source:
            try:
                replace(path, source, path.parent, deadline)
            except OSError as error:
                raise StorageUnavailable("the blob can't be copied to the file") from error

    def head(self, key: str, deadline: Deadline | None = None) -> BlobInfo:
        """What is known of a file."""
        with self._found(key, deadline) as path:
            if path.is_dir():
                raise NotFound("no blob has that key", key=key)
            return _info(key, path)

    def under(self, folder: str, deadline: Deadline | None = None) -> Iterator[BlobInfo]:
        """All files of a folder."""
        checked_folder(folder)
        for place, folders, files in os.walk(self._root / folder):
            _check(deadline)
            folders[:] = [each for each in folders if not each.startswith(".")]
            for path in (Path(place, name) for name in files):
                try:
                    if self._is_inside(path):
                        yield _info(path.relative_to(self._root).as_posix(), path)
                except FileNotFoundError:
                    continue  # gone meanwhile

    def delete(self, keys: Iterable[str], deadline: Deadline | None = None) -> None:
        """Remove the files; their folders stay."""
        for path in [self._root / checked_key(key) for key in keys]:
            _check(deadline)
            try:
                if path.is_file() and self._is_inside(path.parent):
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageUnavailable("the blob can't be removed from the blob directory") from error

    def sign(self, key: str) -> SignedUrl:
        """An address under `/v1/blobs/` that `verify` accepts until it expires."""
        return SignedUrl(*self._address(key, checked_key(key)))

    def sign_upload(self, key: str, media_type: str, size_bytes: int) -> SignedUpload:
        """An address under `/v1/blobs/` that `verify_upload` accepts until it expires."""
        url, expires = self._address(key, upload_permit(checked_key(key), media_type, size_bytes))
        return SignedUpload(url, {"Content-Type": media_type, "Content-Length": str(size_bytes)}, expires)

    def verify(self, key: str, expires: int, signature: str) -> None:
        """Check an address that `sign` made.

        Args:
            key: The path behind `/v1/blobs/`.
            expires: Unix time in whole seconds, from the address.
            signature: Hex, from the address.

        Raises:
            Forbidden: The signature is not ours, or the address expired.
        """
        self._verify(key, expires, signature)

    def verify_upload(self, key: str, media_type: str, size_bytes: int, expires: int, signature: str) -> None:
        """Check an address that `sign_upload` made, see `verify`.

        Args:
            key: The path behind `/v1/blobs/`.
            media_type, size_bytes: Of what is sent.
            expires, signature: From the address.

        Raises:
            Forbidden: The signature is not ours or was made for another file, or the address expired.
        """
        self._verify(upload_permit(key, media_type, size_bytes), expires, signature)

    def get_version(self, key: str, deadline: Deadline | None = None) -> Versioned | None:
        """The bytes under a key with their digest as version; None where nothing is stored."""
        try:
            data = self.get(key, deadline)
        except NotFound:
            checked_key(key)
            return None
        return Versioned(data, hashlib.sha256(data).hexdigest())

    def put_if(self, key: str, data: bytes, version: str | None, deadline: Deadline | None = None) -> str | None:
        """A conditional write, under a lock that all processes on this directory share."""
        with self._lock(checked_key(key), deadline):
            current = self.get_version(key, deadline)
            if (None if current is None else current.version) != version:
                return None
            return self.put(key, data, "application/octet-stream", deadline).sha256

    @contextmanager
    def _lock(self, key: str, deadline: Deadline | None) -> Iterator[None]:
        """One of 256 locks, so that their files stay few."""
        path = self._root / _LOCKS / hashlib.sha256(key.encode()).hexdigest()[:2]
        remaining_s = None if deadline is None else deadline.remaining_s()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path, timeout=_LOCK_TIMEOUT_S if remaining_s is None else min(remaining_s, _LOCK_TIMEOUT_S)):
                yield
        except Timeout as error:
            _check(deadline)
            raise StorageUnavailable("the blob is being written by others for too long") from error
        except OSError as error:
            raise StorageUnavailable("the blob can't be locked in the blob directory") from error

    def _write(self, key: str, source: "io.BufferedIOBase", deadline: Deadline | None) -> None:
        path = self._root / checked_key(key)
        _check(deadline)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._is_inside(path.parent):
                raise StorageUnavailable("the blob's folder is a link that leads out of the blob directory")
            replace(path, source, self._root / INCOMING, deadline)
        except OSError as error:
            raise StorageUnavailable("the blob can't be written to the blob directory") from error

    @contextmanager
    def _found(self, key: str, deadline: Deadline | None) -> Iterator[Path]:
        path = self._root / checked_key(key)
        _check(deadline)
        try:
            if not self._is_inside(path):
                raise NotFound("no blob has that key", key=key)
            yield path
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound("no blob has that key", key=key) from error
        except OSError as error:
            raise StorageUnavailable("the blob can't be read from the blob directory") from error

    def _address(self, key: str, permitted: str) -> tuple[str, int]:
        expires = int(self._now()) + self._url_ttl_s
        signature = self._signature.of(permitted, expires)
        return f"{self._public_url}/v1/blobs/{key}?expires={expires}&signature={signature}", expires

    def _verify(self, permitted: str, expires: int, signature: str) -> None:
        if not self._signature.matches(permitted, expires, signature):
            raise Forbidden("the address's signature is wrong; ask for a new one")
        if self._now() >= expires:
            raise Forbidden("the address expired; ask for a new one", expired_at_s=expires)

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root.resolve())


def _info(key: str, path: Path) -> BlobInfo:
    told = path.stat()
    return BlobInfo(key, told.st_size, told.st_mtime)


def _check(deadline: Deadline | None) -> None:
    if deadline is not None:
        deadline.check()
