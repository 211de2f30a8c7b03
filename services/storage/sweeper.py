"""Removes what nobody needs any more from a blob directory; a bucket does the same by life-cycle rules."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.common.errors import StorageUnavailable
from services.storage.local import INCOMING, LocalBlobs

#: A file that is being written is finished or given up long before; older ones are those of killed processes.
_HALF_WRITTEN_S: Final = 3600.0


@dataclass(frozen=True)
class Swept:
    """What was removed, or would be."""

    files: int = 0
    size_bytes: int = 0


class Sweeper:
    """Removes old results and what killed processes left half written. May run beside the service, and several at once.

    Args:
        root: The blob directory.
        blobs: The store on it.
        now: Unix time in seconds.
    """

    def __init__(self, root: Path, blobs: LocalBlobs, now: Callable[[], float] = time.time) -> None:
        self._root = root
        self._blobs = blobs
        self._now = now

    def sweep(self, folders: Sequence[str], older_than_s: float, *, dry_run: bool = False) -> Swept:
        """Remove the files of these folders that were written longer ago; the folders stay.

        Args:
            folders: Such as "shots"; nothing outside them is looked at, but for half-written files.
            older_than_s: In seconds.
            dry_run: Only tell.

        Raises:
            StorageUnavailable: A file can't be removed; others may be gone.
        """
        before = self._now() - older_than_s
        files = [each for folder in folders for each in self._blobs.under(folder) if each.modified_at_s < before]
        left = self._half_written()
        if not dry_run:
            self._blobs.delete(each.key for each in files)
            self._remove(left)
        size_bytes = sum(each.size_bytes for each in files) + sum(size for _, size in left)
        return Swept(len(files) + len(left), size_bytes)

    def _half_written(self) -> list[tuple[Path, int]]:
        before = self._now() - _HALF_WRITTEN_S
        found = []
        for path in (self._root / INCOMING).glob("*"):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue  # finished meanwhile
            if told.st_mtime < before:
                found.append((path, told.st_size))
        return found

    def _remove(self, left: Sequence[tuple[Path, int]]) -> None:
        for path, _ in left:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageUnavailable("a half-written file can't be removed from the blob directory") from error
