"""Photos and lists of them in buckets, as far as a tenant may read there."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from services.common.deadline import Deadline
from services.common.errors import Forbidden, InvalidInput, NotFound, TooLarge
from services.common.storage_settings import S3Settings
from services.storage.s3_connection import S3Connection, code_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client  # stubs, installed for development only

#: The store does not tell a missing object from a forbidden one to who may not list its bucket, and neither do we.
_NOT_THERE: Final = frozenset({"NoSuchKey", "NoSuchBucket", "AccessDenied", "404", "403"})

_MAX_KEY_BYTES: Final = 1024


class BucketInputs:
    """Reads `s3://bucket/key` with the service's own credentials, so a tenant reads no more than is allowed here.

    Args:
        settings: Endpoint and credentials.
        allowed: By tenant, "bucket" or "bucket/folder": all that lies there may be read.
        max_bytes: Largest object.
    """

    def __init__(self, settings: S3Settings, allowed: Mapping[str, Sequence[str]], max_bytes: int) -> None:
        self._allowed = {tenant: [_place(each) for each in places] for tenant, places in allowed.items()}
        self._max_bytes = max_bytes
        self._connection = S3Connection(settings)

    def check(self, url: str, tenant: str) -> tuple[str, str]:
        """The bucket and key of an address that the tenant may read from.

        Raises:
            InvalidInput: The address is malformed.
            Forbidden: The tenant may not read there; whether something is there is not looked at.
        """
        bucket, key = _parsed(url)
        if not any(bucket == where and key.startswith(prefix) for where, prefix in self._allowed.get(tenant, ())):
            raise Forbidden("this tenant may not read from that place; the setting storage.inputs says where it may")
        return bucket, key

    def fetch(self, url: str, tenant: str, deadline: Deadline) -> bytes:
        """What is there.

        Raises:
            InvalidInput: The address is malformed.
            Forbidden: The tenant may not read there; whether something is there is not looked at.
            NotFound: Nothing is there that the service may read.
            TooLarge: It is larger than `max_bytes`.
            StorageUnavailable: The store does not answer.
            DeadlineExceeded, Cancelled: Nobody waits any more.
        """
        bucket, key = self.check(url, tenant)

        def read(client: "S3Client") -> bytes:
            try:
                found = client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if code_of(error) in _NOT_THERE:
                    raise NotFound("nothing is there, or nothing that this service may read") from error
                raise
            with closing(found["Body"]) as body:
                if found["ContentLength"] > self._max_bytes:
                    raise TooLarge(
                        f"the object has {found['ContentLength']} bytes; at most {self._max_bytes} are taken",
                        got=found["ContentLength"], limit=self._max_bytes,
                    )  # fmt: skip
                return body.read()

        return self._connection.run("the input", deadline, read)


def _parsed(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    # Clients, and stores that keep files, fold such segments: "a/../b" would be another place than what is allowed.
    segments = key.split("/")
    folded = any(each in ("", ".", "..") for each in segments)
    if not bucket or folded or "\\" in key or not key.isprintable() or len(key.encode()) > _MAX_KEY_BYTES:
        raise InvalidInput("the address has to be s3://bucket/key, its key without empty segments, '.' and '..'")
    return bucket, key


def _place(allowed: str) -> tuple[str, str]:
    """Bucket and what keys begin with; a folder ends with its slash, or "acme" would open "acme-secret" too."""
    bucket, _, folder = allowed.strip("/").partition("/")
    return bucket, f"{folder}/" if folder else ""
