"""Single members of a package archive (.tgz) that nobody here has made."""

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from services.common.errors import ModelUnavailable

_ROOT = "package/"


class PackageArchive:
    """Reads wanted members in one pass, and writes nothing.

    No member is ever extracted by its own name, so a name can't reach outside; an archive that tries is refused all the
    same, because it is not what a registry makes.

    Args:
        path: The archive, gzip-compressed tar with everything under `package/`.
        max_bytes: All members together, up to the last wanted one; guards against archives that unpack without end.
        max_members: Number of members, likewise.
    """

    def __init__(self, path: Path, max_bytes: int = 1 << 30, max_members: int = 50_000) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_members = max_members

    @contextmanager
    def members(self, sizes: dict[str, int]) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
        """Open the archive and go through the wanted members, in the archive's order.

        Args:
            sizes: Name without `package/` -> most bytes the member may have.

        Raises:
            ModelUnavailable: A wanted member is missing, no plain file or too large, or the archive is damaged.
        """
        try:
            # "r|gz" reads forwards only: going back in a gzip stream would decompress from the start again.
            with tarfile.open(self._path, "r|gz") as archive:
                yield self._wanted(archive, dict(sizes))
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise ModelUnavailable(f"the package's archive can't be read ({type(error).__name__})") from error

    def read(self, name: str, max_bytes: int) -> bytes:
        """One small member's bytes; errors as in `members`."""
        with self.members({name: max_bytes}) as found:
            return b"".join(file.read() for _, file in found)

    def _wanted(self, archive: tarfile.TarFile, missing: dict[str, int]) -> Iterator[tuple[str, IO[bytes]]]:
        total = 0
        for count, member in enumerate(archive):
            total += member.size
            _check_name(member.name)
            if total > self._max_bytes or count >= self._max_members:
                raise ModelUnavailable("the package's archive unpacks to more than is allowed")
            name = member.name.removeprefix(_ROOT)
            if member.name == name or name not in missing:
                continue
            limit = missing.pop(name)
            file = archive.extractfile(member) if member.isreg() else None
            if file is None or member.size > limit:
                raise ModelUnavailable(f"the package's {name} is no plain file of at most {limit} bytes")
            yield name, file
            if not missing:
                return
        raise ModelUnavailable(f"the package lacks {', '.join(missing)}")


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ModelUnavailable("the package's archive names files outside itself")
