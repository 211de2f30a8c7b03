"""Blobs in a bucket of S3 or of a store that speaks its protocol, read from outside through pre-signed addresses."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from services.common.deadline import Deadline
from services.common.errors import NotFound, StorageUnavailable
from services.common.storage_settings import S3Settings
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
from services.storage.s3_connection import S3Connection, code_of, translated
from services.storage.s3_transfer import DIGEST, S3Transfer, check_digest

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client  # stubs, installed for development only
    from types_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

#: How a conditional write is told that somebody else was first
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
_LOST: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409", "404"})


class S3Blobs:
    """A bucket, and the prefix that all our keys get in it.

    Every object carries the SHA-256 of its bytes as metadata, which is checked whenever it is read.

    Args:
        settings: Bucket, endpoint, credentials, encryption, timeouts.
        url_ttl_s: How long an address works, in seconds; S3 allows at most 604 800 (a week).
    """

    def __init__(self, settings: S3Settings, url_ttl_s: int) -> None:
        self._bucket = settings.bucket
        self._prefix = f"{settings.prefix.strip('/')}/" if settings.prefix.strip("/") else ""
        self._url_ttl_s = url_ttl_s
        self._max_attempts = settings.max_attempts
        self._encryption: dict[str, Any] = {"ServerSideEncryption": settings.encryption} if settings.encryption else {}
        if settings.kms_key_id:
            self._encryption["SSEKMSKeyId"] = settings.kms_key_id
        self._connection = S3Connection(settings)
        self._transfer = S3Transfer(settings.bucket, settings.part_mb << 20, settings.max_attempts)

    def __repr__(self) -> str:
        return f"S3Blobs(bucket={self._bucket!r}, prefix={self._prefix!r})"

    def put(self, key: str, data: bytes, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store an object; S3 shows it whole or not at all."""
        stored = describe(checked_key(key), data, media_type)
        options = self._options(media_type, stored.sha256)
        self._connection.run(key, deadline, lambda client: client.put_object(**self._at(key), Body=data, **options))
        return stored

    def put_file(self, key: str, path: Path, media_type: str, deadline: Deadline | None = None) -> StoredBlob:
        """Store a file, in parts where it is large."""
        stored = describe_file(checked_key(key), path, media_type)
        name, options = self._prefix + key, self._options(media_type, stored.sha256)
        self._connection.run(key, deadline, lambda client: self._transfer.upload(client, path, name, options, deadline))
        return stored

    def get(self, key: str, deadline: Deadline | None = None) -> bytes:
        """The bytes under a key."""
        checked_key(key)
        return self._connection.run(key, deadline, lambda client: self._read(client, key, deadline).data)

    def get_file(self, key: str, path: Path, deadline: Deadline | None = None) -> None:
        """Write what is stored under a key to a file."""
        name = self._prefix + checked_key(key)
        self._connection.run(key, deadline, lambda client: self._transfer.download(client, name, path, deadline))

    def head(self, key: str, deadline: Deadline | None = None) -> BlobInfo:
        """What is known of a file."""
        checked_key(key)
        found = self._connection.run(key, deadline, lambda client: client.head_object(**self._at(key)))
        return BlobInfo(key, found["ContentLength"], found["LastModified"].timestamp())

    def under(self, folder: str, deadline: Deadline | None = None) -> Iterator[BlobInfo]:
        """All files of a folder, a page of a thousand at a time."""
        prefix, page = self._prefix + checked_folder(folder), dict[str, Any]()
        while True:
            ask = {"Bucket": self._bucket, "Prefix": prefix, **page}
            found = self._connection.run(folder, deadline, partial(_page, ask=ask))
            for each in found.get("Contents", ()):
                key = each["Key"].removeprefix(self._prefix)
                yield BlobInfo(key, each["Size"], each["LastModified"].timestamp())
            if not found.get("IsTruncated"):
                return
            page = {"ContinuationToken": found["NextContinuationToken"]}

    def delete(self, keys: Iterable[str], deadline: Deadline | None = None) -> None:
        """Remove objects one by one: many at once is a call that some compatible stores lack or sign otherwise."""
        for key in [checked_key(key) for key in keys]:
            self._connection.run(key, deadline, partial(_delete, at=self._at(key)))

    def sign(self, key: str) -> SignedUrl:
        """A pre-signed GET; made here, without asking the store."""
        return SignedUrl(*self._presigned("get_object", key, {}))

    def sign_upload(self, key: str, media_type: str, size_bytes: int) -> SignedUpload:
        """A pre-signed PUT. Size and type are signed too, so the store refuses another file than was told of."""
        options = {"ContentType": media_type, "ContentLength": size_bytes, **self._encryption}
        url, expires_at_s = self._presigned("put_object", key, options)
        headers = {"Content-Type": media_type, "Content-Length": str(size_bytes)}
        if self._encryption:
            headers["x-amz-server-side-encryption"] = self._encryption["ServerSideEncryption"]
        if "SSEKMSKeyId" in self._encryption:
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = self._encryption["SSEKMSKeyId"]
        return SignedUpload(url, headers, expires_at_s)

    def get_version(self, key: str, deadline: Deadline | None = None) -> Versioned | None:
        """The bytes under a key with their ETag; None where nothing is stored."""
        checked_key(key)
        try:
            return self._connection.run(key, deadline, lambda client: self._read(client, key, deadline))
        except NotFound:
            return None

    def put_if(self, key: str, data: bytes, version: str | None, deadline: Deadline | None = None) -> str | None:
        """A conditional write. Not every compatible store heeds the condition; one that does not can hold no leases."""
        checked_key(key)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        options = self._options("application/octet-stream", hashlib.sha256(data).hexdigest())

        def write(client: "S3Client") -> str | None:
            try:
                return client.put_object(**self._at(key), Body=data, **options, **condition)["ETag"]
            except ClientError as error:
                if code_of(error) not in _LOST:
                    raise
                return None

        written = self._connection.run(key, deadline, write)
        if written is None:
            # The answer to a first try may have been lost on its way, and the second met what the first wrote.
            current = self.get_version(key, deadline)
            return current.version if current is not None and current.data == data else None
        return written

    def _read(self, client: "S3Client", key: str, deadline: Deadline | None) -> Versioned:
        """The object, asked for again where the answer breaks off in its body, which botocore leaves to its caller."""
        tries = 0
        while True:
            tries += 1
            found = client.get_object(**self._at(key))
            try:
                with closing(found["Body"]) as body:
                    data = body.read()
                check_digest(hashlib.sha256(data).hexdigest(), found.get("Metadata", {}))
                return Versioned(data, found["ETag"])
            except (BotoCoreError, StorageUnavailable):
                if tries == self._max_attempts:
                    raise
                if deadline is not None:
                    deadline.check()

    def _presigned(self, operation: str, key: str, options: dict[str, Any]) -> tuple[str, float]:
        expires_at_s = time.time() + self._url_ttl_s
        parameters = {**self._at(checked_key(key)), **options}
        with translated(key):
            url = self._connection.client.generate_presigned_url(
                operation, Params=parameters, ExpiresIn=self._url_ttl_s
            )
        return url, expires_at_s

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    def _options(self, media_type: str, sha256: str) -> dict[str, Any]:
        return {"ContentType": media_type, "Metadata": {DIGEST: sha256}, **self._encryption}


def _page(client: "S3Client", ask: Mapping[str, Any]) -> "ListObjectsV2OutputTypeDef":
    return client.list_objects_v2(**ask)


def _delete(client: "S3Client", at: Mapping[str, Any]) -> None:
    client.delete_object(**at)
