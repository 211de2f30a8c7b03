"""A checkpoint's entry, made from a folder: its files with their digests, and where they can be had."""

import hashlib
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from services.common.errors import InvalidInput
from services.models.catalog import FolderFile, FolderSpec, HttpsSpec, HubSpec, PathSpec, S3Spec

#: What a checkpoint is read from; pictures, read-mes and pickles are left where they are.
_SUFFIXES: Final = (".json", ".safetensors", ".txt")


def list_files(folder: Path) -> tuple[FolderFile, ...]:
    """Every file of a folder that a checkpoint may be read from, sorted by path.

    Raises:
        InvalidInput: The folder is none, or holds nothing of that kind.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not files:
        raise InvalidInput(f"{folder.name!r} is no folder with a checkpoint's files", field="folder")
    return tuple(
        FolderFile(path=path.relative_to(folder).as_posix(), sha256=_sha256(path), size_bytes=path.stat().st_size)
        for path in files
    )


def parse_source(text: str) -> FolderSpec:
    """Where a checkpoint's folder comes from, in one word.

    Args:
        text: A folder, https://…, s3://bucket/prefix, or hub://owner/name@revision.

    Raises:
        InvalidInput: It is none of these.
    """
    scheme, separator, rest = text.partition("://")
    try:
        if not separator:
            return PathSpec(type="path", path=Path(text).expanduser().resolve())
        if scheme == "https":
            return HttpsSpec(type="https", url=text)
        if scheme == "s3":
            bucket, _, key = rest.partition("/")
            return S3Spec(type="s3", bucket=bucket, key=key.strip("/"))
        if scheme == "hub":
            repo, _, revision = rest.partition("@")
            return HubSpec(type="hub", repo=repo, revision=revision or "main")
    except ValidationError as error:
        raise InvalidInput(
            f"{text!r} is no whole {scheme}:// source: {error.errors()[0]['msg']}", field="source"
        ) from error
    raise InvalidInput(
        f"{text!r} is no source; wanted is a folder, https://…, s3://bucket/prefix or hub://owner/name@revision",
        field="source",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
