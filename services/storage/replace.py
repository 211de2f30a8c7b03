"""Files that are replaced in one step, so that a reader sees the old one or the new one whole, also after a crash."""

import os
import tempfile
from pathlib import Path
from typing import Final, Protocol

from services.common.deadline import Deadline

_BLOCK_BYTES: Final = 1 << 20


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def replace(path: Path, source: Readable, scratch: Path, deadline: Deadline | None = None) -> None:
    """Write beside and rename over.

    Args:
        path: The file; its folder has to be there.
        source: Its new bytes.
        scratch: A folder on the same file system, made when needed.
        deadline: Looked at between blocks; a file that is no longer wanted leaves nothing behind.

    Raises:
        OSError: It can't be written.
        DeadlineExceeded, Cancelled: Nobody waits any more.
    """
    scratch.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=scratch, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            while block := source.read(_BLOCK_BYTES):
                if deadline is not None:
                    deadline.check()
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    # The rename itself lasts only once its folder is written.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
