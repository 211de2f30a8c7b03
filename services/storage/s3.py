"""Blobs in a bucket of S3 or of a store that speaks its protocol, read from outside through pre-signed addresses."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from services.common.errors import NotFound, StorageUnavailable
from services.common.settings import S3Settings
from services.storage.blobs import SignedUrl, StoredBlob, checked_key, describe

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client  # stubs, installed for development only

_MISSING_KEY = frozenset({"NoSuchKey", "404"})


class S3Blobs:
    """A bucket, and the prefix that all our keys get in it.

    Args:
        settings: Bucket, endpoint, credentials, timeouts.
        url_ttl_s: How long an address works, in seconds; S3 allows at most 604 800 (a week).
    """

    def __init__(self, settings: S3Settings, url_ttl_s: int) -> None:
        self._bucket = settings.bucket
        self._prefix = f"{settings.prefix.strip('/')}/" if settings.prefix.strip("/") else ""
        self._url_ttl_s = url_ttl_s
        self._client = _connect(settings)

    def __repr__(self) -> str:
        return f"S3Blobs(bucket={self._bucket!r}, prefix={self._prefix!r})"

    def put(self, key: str, data: bytes, media_type: str) -> StoredBlob:
        """Store an object; S3 shows it whole or not at all.

        Raises:
            NotFound: The key is malformed.
            StorageUnavailable: The store refuses or does not answer.
        """
        name = self._prefix + checked_key(key)
        with _translated(key):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=data, ContentType=media_type)
        return describe(key, data, media_type)

    def get(self, key: str) -> bytes:
        """The bytes under a key.

        Raises:
            NotFound: Nothing is stored there, or the key is malformed.
            StorageUnavailable: The store refuses or does not answer.
        """
        name = self._prefix + checked_key(key)
        with _translated(key):
            return self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects one by one: many at once is a call that some compatible stores lack or sign otherwise.

        Raises:
            NotFound: A key is malformed.
            StorageUnavailable: The store refuses or does not answer.
        """
        for key in [checked_key(key) for key in keys]:
            with _translated(key):
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def sign(self, key: str) -> SignedUrl:
        """A pre-signed GET; made here, without asking the store."""
        name = self._prefix + checked_key(key)
        expires_at_s = time.time() + self._url_ttl_s
        with _translated(key):
            url = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": name}, ExpiresIn=self._url_ttl_s
            )
        return SignedUrl(url, expires_at_s)


def _connect(settings: S3Settings) -> "S3Client":
    compatible = bool(settings.endpoint_url)
    config = Config(
        signature_version="s3v4",
        connect_timeout=settings.timeout_s,
        read_timeout=settings.timeout_s,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
        max_pool_connections=settings.max_connections,
        # Compatible stores rarely have a DNS name per bucket, and many refuse the checksums that botocore adds of
        # itself since 1.36 (https://github.com/boto/boto3/issues/4392).
        s3={"addressing_style": "path" if compatible else "virtual"},
        request_checksum_calculation="when_required" if compatible else "when_supported",
        response_checksum_validation="when_required" if compatible else "when_supported",
    )
    # A session of our own: the module's default one is shared by the whole process.
    return boto3.session.Session().client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.endpoint_url or None,
        aws_access_key_id=settings.access_key_id or None,
        aws_secret_access_key=settings.secret_access_key.get_secret_value() or None,
        config=config,
    )


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """boto's errors as ours. Their texts name hosts and buckets, so they stay behind as the cause."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING_KEY:
            raise NotFound("no blob has that key", key=key) from error
        raise StorageUnavailable(f"the blob store refused ({code or 'no code'})") from error
    except BotoCoreError as error:
        raise StorageUnavailable(f"the blob store does not answer ({type(error).__name__})") from error
