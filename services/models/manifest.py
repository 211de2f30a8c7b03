"""The list of a checkpoint's files with their digests, made from a folder."""

import hashlib
from pathlib import Path
from typing import Final

from services.common.errors import InvalidInput
from services.models.catalog import CheckpointFile

#: What a checkpoint is read from; pictures, read-mes and pickles are left where they are.
_SUFFIXES: Final = (".json", ".safetensors", ".txt")


def list_files(folder: Path) -> tuple[CheckpointFile, ...]:
    """Every file of a folder that a checkpoint may be read from, sorted by path.

    Raises:
        InvalidInput: The folder is none, or holds nothing of that kind.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not files:
        raise InvalidInput(f"{folder.name!r} is no folder with a checkpoint's files", field="folder")
    return tuple(
        CheckpointFile(path=path.relative_to(folder).as_posix(), sha256=_sha256(path), size_bytes=path.stat().st_size)
        for path in files
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
