"""A client of S3, its calls bounded by deadlines and its errors put into our words."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError

from services.common.deadline import Deadline
from services.common.errors import NotFound, StorageUnavailable
from services.common.storage_settings import S3Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client  # stubs, installed for development only

T = TypeVar("T")

_MISSING_KEY: Final = frozenset({"NoSuchKey", "404"})


class S3Connection:
    """Makes calls of a boto3 client.

    botocore bounds each wait on a socket, but neither name look-ups nor an answer that trickles; so a call that has a
    deadline runs in a thread of its own and is waited for no longer than that. What is left behind ends at its next
    request or after `timeout_s`.

    Args:
        settings: Endpoint, credentials, timeouts, and how many calls may be under way.
    """

    def __init__(self, settings: S3Settings) -> None:
        self.client = _client(settings)
        self.client.meta.events.register("before-send.s3", self._check_wanted)
        self._workers = ThreadPoolExecutor(settings.max_connections, "s3")
        self._wanted = threading.local()

    def run(self, key: str, deadline: Deadline | None, call: Callable[["S3Client"], T]) -> T:
        """What the call answers.

        Args:
            key: For messages.
            deadline: When to give up; botocore repeats nothing after it.
            call: Gets the client.

        Raises:
            NotFound: The store has nothing under that key.
            StorageUnavailable: It refuses or does not answer.
            DeadlineExceeded, Cancelled: Nobody waits any more.
        """
        if deadline is None:
            with translated(key):
                return call(self.client)
        deadline.check()
        work = self._workers.submit(self._within, key, deadline, call)
        try:
            return work.result(timeout=deadline.remaining_s())
        except TimeoutError:
            work.cancel()
            deadline.check()
            raise

    def _within(self, key: str, deadline: Deadline, call: Callable[["S3Client"], T]) -> T:
        self._wanted.deadline = deadline
        try:
            with translated(key):
                return call(self.client)
        finally:
            self._wanted.deadline = None

    def _check_wanted(self, **_: Any) -> None:
        """botocore asks before every try, and hands on what is raised here."""
        deadline: Deadline | None = getattr(self._wanted, "deadline", None)
        if deadline is not None:
            deadline.check()


def code_of(error: ClientError) -> str:
    """S3's own name of what it refused, such as "NoSuchKey"; a HEAD's answer has no body and so only its status."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(key: str) -> Iterator[None]:
    """boto's errors as ours. Their texts name hosts and buckets, so they stay behind as the cause."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _MISSING_KEY:
            raise NotFound("no blob has that key", key=key) from error
        raise StorageUnavailable(f"the blob store refused ({code or 'no code'})") from error
    except (BotoCoreError, RetriesExceededError) as error:
        raise StorageUnavailable(f"the blob store does not answer ({type(error).__name__})") from error


def _client(settings: S3Settings) -> "S3Client":
    compatible = bool(settings.endpoint_url)
    style = settings.addressing if settings.addressing != "auto" else "path" if compatible else "virtual"
    config = Config(
        signature_version="s3v4",
        connect_timeout=settings.timeout_s,
        read_timeout=settings.timeout_s,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
        max_pool_connections=settings.max_connections,
        # Compatible stores rarely have a DNS name per bucket, and many refuse the checksums that botocore adds of
        # itself since 1.36 (https://github.com/boto/boto3/issues/4392).
        s3={"addressing_style": style},
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
