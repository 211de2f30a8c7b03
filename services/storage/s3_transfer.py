"""Large files to and from a bucket: in parts, several at once, by boto3's own transfer manager."""

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from boto3.s3.transfer import TransferConfig, create_transfer_manager
from s3transfer.futures import TransferFuture

from services.common.deadline import Deadline
from services.common.errors import StorageUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client  # stubs, installed for development only

#: Parts of one file under way at once.
_PARTS_AT_ONCE: Final = 4
#: Between two looks at the deadline, in seconds.
_PAUSE_S: Final = 0.05

#: Objects carry the digest of their bytes under this name; S3's own ETag is none for files that came in parts.
DIGEST: Final = "sha256"


class S3Transfer:
    """Moves files. A transfer that fails or is no longer wanted leaves neither a file nor, at the store, its parts.

    A process that is killed leaves parts at the store, which a life-cycle rule has to remove.

    Args:
        bucket: Where to.
        part_bytes: Larger files go in parts of this size.
        max_attempts: Tries to read a part whose answer breaks off.
    """

    def __init__(self, bucket: str, part_bytes: int, max_attempts: int) -> None:
        self._bucket = bucket
        self._part_bytes = part_bytes
        self._config = TransferConfig(
            multipart_threshold=part_bytes,
            multipart_chunksize=part_bytes,
            max_concurrency=_PARTS_AT_ONCE,
            num_download_attempts=max_attempts,
        )

    def upload(
        self, client: "S3Client", path: Path, name: str, options: Mapping[str, Any], deadline: Deadline | None
    ) -> None:
        """Send a file; S3 shows it whole or not at all.

        Args:
            client: Sends it.
            path: The file.
            name: Of the object.
            options: Arguments of the upload, such as ContentType.
            deadline: Looked at as the parts go out.

        Raises:
            DeadlineExceeded, Cancelled: Nobody waits any more.
        """
        if path.stat().st_size <= self._part_bytes:
            with path.open("rb") as file:
                client.put_object(Bucket=self._bucket, Key=name, Body=file, **options)
            return
        with create_transfer_manager(client, self._config) as manager:
            _finish(manager.upload(str(path), self._bucket, name, dict(options)), deadline)

    def download(self, client: "S3Client", name: str, path: Path, deadline: Deadline | None) -> None:
        """Write an object to a file, its digest checked, whole or not at all.

        Args:
            client: Fetches it.
            name: Of the object.
            path: The file; its folder has to be there.
            deadline: Looked at as the parts come in.

        Raises:
            StorageUnavailable: The object is not what was stored.
            DeadlineExceeded, Cancelled: Nobody waits any more.
        """
        told = client.head_object(Bucket=self._bucket, Key=name)
        part = path.with_name(f".{path.name}.part")
        try:
            if told["ContentLength"]:
                with create_transfer_manager(client, self._config) as manager:
                    _finish(manager.download(self._bucket, name, str(part)), deadline)
            else:
                # The transfer manager asks for a range, and of an empty object no store has one; s3rver never answers.
                part.touch()
            with part.open("rb") as file:
                check_digest(hashlib.file_digest(file, "sha256").hexdigest(), told.get("Metadata", {}))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _finish(transfer: TransferFuture, deadline: Deadline | None) -> None:
    """Wait for the end. What is raised here leaves the manager's body, which cancels the transfer and cleans up.

    The manager's own callbacks would not do: they are silent while a part is sent for the second time.
    """
    while deadline is not None and not transfer.done():
        deadline.check()
        time.sleep(_PAUSE_S)
    transfer.result()


def check_digest(sha256: str, metadata: Mapping[str, str]) -> None:
    """Hold a digest, in hex, against the one that an object was stored with; objects of others have none.

    Raises:
        StorageUnavailable: They differ.
    """
    if metadata.get(DIGEST, sha256) != sha256:
        raise StorageUnavailable("the stored file is damaged: its digest is not the one that it was stored with")
