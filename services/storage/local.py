"""Blobs in a directory, read from outside through signed addresses that the gateway answers."""

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from services.common.errors import Forbidden, NotFound, StorageUnavailable
from services.storage.blobs import SignedUrl, StoredBlob, checked_key, describe
from services.storage.signature import Signature


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

    def put(self, key: str, data: bytes, media_type: str) -> StoredBlob:
        """Write beside and rename over, so that a reader sees the old file or the new one whole, also after a crash.

        Raises:
            NotFound: The key is malformed.
            StorageUnavailable: The directory can't be written.
        """
        path = self._root / checked_key(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._is_inside(path.parent):
                raise StorageUnavailable("the blob's folder is a link that leads out of the blob directory")
            _replace(path, data, scratch=self._root / ".incoming")
        except OSError as error:
            raise StorageUnavailable("the blob can't be written to the blob directory") from error
        return describe(key, data, media_type)

    def get(self, key: str) -> bytes:
        """The bytes under a key.

        Raises:
            NotFound: Nothing is stored there, or the key is malformed.
            StorageUnavailable: The directory can't be read.
        """
        path = self._root / checked_key(key)
        try:
            if not self._is_inside(path):
                raise NotFound("no blob has that key", key=key)
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound("no blob has that key", key=key) from error
        except OSError as error:
            raise StorageUnavailable("the blob can't be read from the blob directory") from error

    def delete(self, keys: Iterable[str]) -> None:
        """Remove the files; their folders stay.

        Raises:
            NotFound: A key is malformed.
            StorageUnavailable: The directory can't be written.
        """
        for path in [self._root / checked_key(key) for key in keys]:
            try:
                if path.is_file() and self._is_inside(path.parent):
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageUnavailable("the blob can't be removed from the blob directory") from error

    def sign(self, key: str) -> SignedUrl:
        """An address under `/v1/blobs/` that `verify` accepts until it expires."""
        expires = int(self._now()) + self._url_ttl_s
        signature = self._signature.of(checked_key(key), expires)
        return SignedUrl(f"{self._public_url}/v1/blobs/{key}?expires={expires}&signature={signature}", expires)

    def verify(self, key: str, expires: int, signature: str) -> None:
        """Check an address that `sign` made.

        Args:
            key: The path behind `/v1/blobs/`.
            expires: Unix time in whole seconds, from the address.
            signature: Hex, from the address.

        Raises:
            Forbidden: The signature is not ours, or the address expired.
        """
        if not self._signature.matches(key, expires, signature):
            raise Forbidden("the address's signature is wrong; ask for a new one")
        if self._now() >= expires:
            raise Forbidden("the address expired; ask for a new one", expired_at_s=expires)

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root.resolve())


def _replace(path: Path, data: bytes, scratch: Path) -> None:
    """Put `data` at `path` in one step; `scratch` lies on the same file system, under a name that no key can have."""
    scratch.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=scratch)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    # The rename itself lasts only once its folder is written.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
