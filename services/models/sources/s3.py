"""Files in S3 or a compatible store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.common.errors import ModelUnavailable
from services.models.sources.download import Download
from services.models.sources.source import Progress

_BLOCK_BYTES = 1 << 20


class S3Source:
    """An object of a bucket.

    Args:
        bucket: The bucket.
        key: The object's key.
        client: Makes the boto3 client when it is needed.
    """

    def __init__(self, bucket: str, key: str, client: Callable[[], Any]) -> None:
        self._bucket = bucket
        self._key = key
        self._client = client

    def fetch(self, target: Path, size_bytes: int, progress: Progress) -> None:
        """Download the object; see `Source.fetch`."""
        try:
            body = self._client().get_object(Bucket=self._bucket, Key=self._key)["Body"]
            with body, Download(target, size_bytes, progress) as download:
                for block in body.iter_chunks(_BLOCK_BYTES):
                    download.write(block)
                download.finish()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise ModelUnavailable(f"the bucket does not give the file out ({code})") from error
        except BotoCoreError as error:
            raise ModelUnavailable(f"the bucket can't be read ({type(error).__name__})") from error
