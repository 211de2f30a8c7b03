"""Files on this machine, for example a directory mirror."""

from pathlib import Path

from services.common.errors import ModelUnavailable
from services.models.sources.download import Download
from services.models.sources.source import Progress

_BLOCK_BYTES = 1 << 20


class PathSource:
    """A file in the file system.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, target: Path, size_bytes: int, progress: Progress) -> None:
        """Copy the file; see `Source.fetch`."""
        try:
            with self._path.open("rb") as source, Download(target, size_bytes, progress) as download:
                while block := source.read(_BLOCK_BYTES):
                    download.write(block)
                download.finish()
        except FileNotFoundError as error:
            raise ModelUnavailable("the directory does not hold the file") from error
        except OSError as error:
            raise ModelUnavailable(f"the file can't be copied: {error.strerror}") from error
