"""What every source of files is asked to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

#: Called with bytes done and bytes in all, often; it must be quick.
Progress = Callable[[int, int], None]


class Source(Protocol):
    """One place that a file may come from."""

    def fetch(self, target: Path, size_bytes: int, progress: Progress) -> None:
        """Write the file; whether it is the right one is the caller's check.

        Args:
            target: Where to write, in a directory of its own that is kept between tries, so a source may find there
                what an earlier, broken try of its own left.
            size_bytes: The finished file's size; more is never written.
            progress: Told as bytes arrive.

        Raises:
            ModelUnavailable: The file isn't there, can't be reached, or has another size.
        """
