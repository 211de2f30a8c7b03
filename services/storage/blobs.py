"""The blob store: everything that outlives a request lies here, by key."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from services.codecs.opener import image_size_hw
from services.common.deadline import Deadline
from services.common.errors import NotFound
from services.common.image import ImageFormat

#: Keys are paths of plain segments: no "..", no empty segment, no leading dot, nothing that a shell or URL would read.
#: A segment is short enough to be a file name everywhere.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
MAX_KEY_LENGTH = 512

#: Where trainings of styles keep where they stand, and what they leave to be looked at.
TRAININGS: Final = "trainings"
#: Where pictures lie that requests made, and what was written about jobs and trainings: all that callers may read.
RESULT_FOLDERS: Final = ("shots", "cutouts", "fixes", "jobs", TRAININGS)
#: Where callers put what their requests name.
UPLOADS: Final = "uploads"
#: All that is some tenant's, and that may be removed after a while.
TENANT_FOLDERS: Final = (*RESULT_FOLDERS, UPLOADS)

_MEDIA_TYPES = MappingProxyType(
    {
        **{image_format.extension: image_format.media_type for image_format in ImageFormat},
        "csv": "text/csv",
        "jsonl": "application/jsonl",
    }
)


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
class BlobInfo:
    """What a store tells of a file without reading it; `modified_at_s` is Unix time by the store's clock."""

    key: str
    size_bytes: int
    modified_at_s: float


@dataclass(frozen=True)
class SignedUrl:
    """An address that anyone may read until `expires_at_s` (Unix time)."""

    url: str
    expires_at_s: float


@dataclass(frozen=True)
class SignedUpload:
    """An address that takes one file by PUT until `expires_at_s` (Unix time), sent with exactly these headers."""

    url: str
    headers: Mapping[str, str]
    expires_at_s: float


@dataclass(frozen=True)
class Versioned:
    """A file's bytes, and what the store calls this state of it."""

    data: bytes
    version: str


class BlobStore(Protocol):
    """Files by key. Implementations: `LocalBlobs` (a directory) and `S3Blobs`.

    Whatever takes a deadline answers within it, and any method may raise:
        NotFound: A key is malformed.
        StorageUnavailable: The store refuses, is damaged or does not answer.
        DeadlineExceeded, Cancelled: Nobody waits any more. What was being written may be there or not.
    """

    def put(self, key: str, data: bytes, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store bytes under a key, all or nothing; the same key again replaces the file."""

    def put_file(self, key: str, path: Path, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """The same with a file of any size, which is not read into memory."""

    def get(self, key: str, deadline: Deadline | None = None) -> bytes:
        """The bytes under a key.

        Raises:
            NotFound: Nothing is stored there, or the key is none.
        """

    def get_file(self, key: str, path: Path, deadline: Deadline | None = None) -> None:
        """Write what is stored under a key to a file, all or nothing, without reading it into memory.

        Raises:
            NotFound: Nothing is stored there, or the key is none.
        """

    def head(self, key: str, deadline: Deadline | None = None) -> BlobInfo:
        """What is known of a file.

        Raises:
            NotFound: Nothing is stored there, or the key is none.
        """

    def under(self, folder: str, deadline: Deadline | None = None) -> Iterator[BlobInfo]:
        """All files whose keys begin with `folder` and a slash, "" = all there are; in no order.

        Files that come or go meanwhile may be told or not.
        """

    def delete(self, keys: Iterable[str], deadline: Deadline | None = None) -> None:
        """Remove what is stored under the keys; where nothing is, nothing happens, and asking again is safe."""

    def sign(self, key: str) -> SignedUrl:
        """An address for reading the key without credentials, for a limited time."""

    def sign_upload(self, key: str, media_type: str, size_bytes: int) -> SignedUpload:
        """An address for writing the key without credentials, for a limited time: a file of just that type and size."""


class VersionedStore(Protocol):
    """Writes that happen only if nobody else wrote meanwhile: what leases are made of."""

    def get_version(self, key: str, deadline: Deadline | None = None) -> Versioned | None:
        """The bytes under a key and their version; None where nothing is stored."""

    def put_if(self, key: str, data: bytes, version: str | None, deadline: Deadline | None = None) -> str | None:
        """Store bytes if the key's version is still `version`; None = if nothing is stored there.

        Args:
            key: Where.
            data: Unlike anything that others write there, so that a repeated try knows its own first one.
            version: From `get_version` or the last `put_if`.
            deadline: When to give up.

        Returns:
            The new version; None where somebody else was first.
        """


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


def checked_folder(folder: str) -> str:
    """What keys in the folder begin with: the folder and a slash, or nothing where `folder` is empty.

    Raises:
        NotFound: It is malformed.
    """
    return f"{checked_key(folder)}/" if folder else ""


def describe_file(key: str, path: Path, media_type: str) -> StoredBlob:
    """What a store answers after writing a file; its bytes are read for their digest, and not as an image."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredBlob(key, media_type, file.tell(), digest)
