"""The blob store that the settings ask for."""

from pathlib import Path

from services.common.settings import Settings
from services.storage.local import LocalBlobs
from services.storage.s3 import S3Blobs
from services.storage.signature import Signature


def open_store(settings: Settings) -> LocalBlobs | S3Blobs:
    """Open the store; a directory's signing key is made here if there is none.

    Raises:
        StorageUnavailable: The data directory can't be read or written.
    """
    ttl_s = settings.storage.url_ttl_s
    if settings.storage.backend == "s3":
        return S3Blobs(settings.storage.s3, ttl_s)
    signature = Signature.from_file(settings.data_dir / "url-signing.key")
    return LocalBlobs(blob_directory(settings), signature, settings.http.base_url, ttl_s)


def blob_directory(settings: Settings) -> Path:
    """Where the blobs lie when no bucket is set."""
    return settings.data_dir / "blobs"
