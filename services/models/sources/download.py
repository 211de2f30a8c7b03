"""A file that grows up to a size known beforehand."""

from pathlib import Path
from types import TracebackType
from typing import Self

from services.common.errors import ModelUnavailable
from services.models.sources.source import Progress


class Download:
    """Writes a file block by block and never beyond its size. A context manager.

    Args:
        target: The file.
        size_bytes: Its size when complete.
        progress: Told after every block.
        keep: Continue what is there instead of starting over.
    """

    def __init__(self, target: Path, size_bytes: int, progress: Progress, *, keep: bool = False) -> None:
        self._file = target.open("r+b" if keep and target.exists() else "w+b")
        self.done = self._file.seek(0, 2)
        self._size_bytes = size_bytes
        self._progress = progress
        progress(self.done, size_bytes)

    def write(self, block: bytes) -> None:
        """Append a block.

        Raises:
            ModelUnavailable: The file would become longer than it should be.
        """
        if self.done + len(block) > self._size_bytes:
            raise ModelUnavailable(f"the source sends more than the {self._size_bytes} bytes that the file has")
        self._file.write(block)
        self.done += len(block)
        self._progress(self.done, self._size_bytes)

    def finish(self) -> None:
        """State that the source has no more.

        Raises:
            ModelUnavailable: The file is too short.
        """
        if self.done != self._size_bytes:
            raise ModelUnavailable(f"the source ends after {self.done} bytes; the file has {self._size_bytes}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
