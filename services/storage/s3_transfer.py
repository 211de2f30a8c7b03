"""Large files to and from a bucket: in parts, several at once, by boto3's own transfer manager."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from boto3.s3.transfer import TransferConfig

from services.common.deadline import Deadline
from services.common.errors import StorageUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client  # stubs, installed for development only

#: Parts of one file under way at once.
_PARTS_AT_ONCE: Final = 4

#: Objects carry the digest of their bytes under this name; S3's own ETag is none for files that came in parts.
DIGEST: Final = "sha256"


class S3Transfer:
    """Moves files. A transfer that fails or is no longer wanted leaves neither a file nor, at the store, its parts.

    A process that is killed leaves parts at the store, which a life-cycle rule has to remove.

    Args:
        bucket: Where to.
        part_bytes: Larger files go in parts of this size.
    """

    def __init__(self, bucket: str, part_bytes: int) -> None:
        self._bucket = bucket
        self._config = TransferConfig(
            multipart_threshold=part_bytes, multipart_chunksize=part_bytes, max_concurrency=_PARTS_AT_ONCE
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
        client.upload_file(
            str(path), self._bucket, name, ExtraArgs=dict(options), Callback=_check(deadline), Config=self._config
        )

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
        told = client.head_object(Bucket=self._bucket, Key=name).get("Metadata", {})
        part = path.with_name(f".{path.name}.part")
        try:
            client.download_file(self._bucket, name, str(part), Callback=_check(deadline), Config=self._config)
            with part.open("rb") as file:
                check_digest(hashlib.file_digest(file, "sha256").hexdigest(), told)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def check_digest(sha256: str, metadata: Mapping[str, str]) -> None:
    """Hold a digest, in hex, against the one that an object was stored with; objects of others have none.

    Raises:
        StorageUnavailable: They differ.
    """
    if metadata.get(DIGEST, sha256) != sha256:
        raise StorageUnavailable("the stored file is damaged: its digest is not the one that it was stored with")


def _check(deadline: Deadline | None) -> Any:
    """What the transfer calls with every block's size; what it raises ends the transfer."""

    def check(_: int) -> None:
        if deadline is not None:
            deadline.check()

    return check
