"""A blob store that forgets."""

import hashlib
from collections.abc import Iterator

from services.common.errors import NotFound
from services.storage.blobs import BlobInfo, SignedUrl, StoredBlob


class MemoryBlobs:
    """Keeps files in a dictionary, which tests may look into."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, key: str, data: bytes, media_type: str, deadline=None) -> StoredBlob:
        self.files[key] = data
        return StoredBlob(key, media_type, len(data), hashlib.sha256(data).hexdigest())

    def get(self, key: str, deadline=None) -> bytes:
        if key not in self.files:
            raise NotFound("no blob has that key", key=key)
        return self.files[key]

    def under(self, folder: str, deadline=None) -> Iterator[BlobInfo]:
        found = [key for key in self.files if key.startswith(f"{folder}/")]
        return iter([BlobInfo(key, len(self.files[key]), 0.0) for key in found])

    def delete(self, keys, deadline=None) -> None:
        for key in keys:
            self.files.pop(key, None)

    def sign(self, key: str) -> SignedUrl:
        return SignedUrl(f"memory:{key}", 0.0)
