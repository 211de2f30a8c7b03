"""The model catalogue: every file that is fetched, with its digest, licence and sources."""

import hashlib
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from services.api.catalog import ModelKind
from services.common.errors import NotFound

#: What entries are called.
_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
#: A path inside an archive: relative, of plain segments, nothing that climbs out.
_MEMBER = r"^[A-Za-z0-9_@-][A-Za-z0-9_@.-]*(/[A-Za-z0-9_@-][A-Za-z0-9_@.-]*)*$"


class Part(BaseModel):
    """A branch of the catalogue file: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Chunks(Part):
    """A file cut into pieces: `index` (JSON) lists under `resource` each piece's name and offsets, beside the index."""

    type: Literal["chunks"]
    index: str = Field(pattern=_MEMBER)
    resource: str


class Base64Module(Part):
    """A JavaScript module whose default export is the file as a base64 data URL."""

    type: Literal["base64_module"]
    member: str = Field(pattern=_MEMBER)


class NpmSpec(Part):
    """A file inside an npm package. The patterns leave no room for options, ranges, tags or URLs."""

    type: Literal["npm"]
    package: str = Field(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")
    content: Annotated[Chunks | Base64Module, Field(discriminator="type")]


class WheelSpec(Part):
    """A file inside a Python wheel, named by its tags, so that every machine takes the same one; `sha256` is of the
    wheel, `member` a path in it.
    """

    type: Literal["wheel"]
    package: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: str = Field(pattern=r"^\d+(\.\d+)*$")
    python: str = Field(pattern=r"^\d+\.\d+$")
    abi: str = Field(pattern=r"^[a-z0-9_]+$")
    platform: str = Field(pattern=r"^[a-z0-9_]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    member: str = Field(pattern=_MEMBER)


class HttpsSpec(Part):
    """The file at an address."""

    type: Literal["https"]
    url: str = Field(pattern=r"^https://")


class S3Spec(Part):
    """The file as an object of a bucket; credentials come from boto3's own chain."""

    type: Literal["s3"]
    bucket: str = Field(min_length=3)
    key: str = Field(min_length=1)


class PathSpec(Part):
    """The file on this machine."""

    type: Literal["path"]
    path: Path


class HubSpec(Part):
    """The file in a repository of the Hugging Face hub; `revision` is best a commit."""

    type: Literal["hub"]
    repo: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$")
    revision: str = Field("main", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    file: str = Field("", pattern=r"^$|" + _MEMBER)


SourceSpec = NpmSpec | WheelSpec | HttpsSpec | S3Spec | PathSpec | HubSpec
#: Of a folder: `path`, `key`, `url`, `repo` and `member` name the folder, its files lie below.
FolderSpec = WheelSpec | HttpsSpec | S3Spec | PathSpec | HubSpec


class FileEntry(Part):
    """A file to be had. `name` is for messages; `sources` may be empty where only the mirror has it."""

    name: str
    file: str = Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    sources: tuple[Annotated[SourceSpec, Field(discriminator="type")], ...] = ()


class ModelEntry(FileEntry):
    """An entry of one file. `license` is an SPDX id."""

    name: str = Field(pattern=_NAME)
    version: str
    kind: Literal[ModelKind.SEGMENTATION, ModelKind.ENVIRONMENT]
    size_bytes: int = Field(gt=0)
    license: str
    origin: str

    @property
    def files(self) -> Mapping[str, FileEntry]:
        """The files by their paths in the entry: this one."""
        return {self.file: self}


class FolderFile(Part):
    """One file of a folder; `path` in it."""

    path: str = Field(pattern=_MEMBER)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class FolderEntry(Part):
    """A folder, with the digest of each file that is taken from it."""

    name: str = Field(pattern=_NAME)
    version: str
    kind: Literal[ModelKind.CHECKPOINT, ModelKind.UPSCALING]
    license: str
    origin: str
    manifest: tuple[FolderFile, ...] = Field(min_length=1)
    sources: tuple[Annotated[FolderSpec, Field(discriminator="type")], ...] = ()

    @model_validator(mode="after")
    def _every_path_is_one_file(self) -> Self:
        paths = [file.path for file in self.manifest]
        folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
        twice = sorted({path for path in paths if paths.count(path) > 1} | (folders & set(paths)))
        if twice:
            raise ValueError(f"{twice[0]!r} stands for more than one file")
        return self

    @property
    def sha256(self) -> str:
        """Of the list of files: a line "digest  path" each, as sha256sum writes it, sorted by path."""
        lines = (f"{file.sha256}  {file.path}\n" for file in sorted(self.manifest, key=lambda file: file.path))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size_bytes for file in self.manifest)

    @property
    def files(self) -> Mapping[str, FileEntry]:
        """The files by their paths in the folder, each with sources of its own."""
        return {
            file.path: FileEntry(
                name=f"{self.name}/{file.path}", file=f"part{PurePosixPath(file.path).suffix or '.txt'}",
                sha256=file.sha256, size_bytes=file.size_bytes,
                sources=tuple(_below(source, file.path) for source in self.sources),
            )
            for file in self.manifest
        }  # fmt: skip


class CheckpointEntry(FolderEntry):
    """A checkpoint in diffusers' layout; see `manifest.py`."""

    kind: Literal[ModelKind.CHECKPOINT]


class UpscalingEntry(FolderEntry):
    """A network that enlarges pictures, in ncnn's two files: one `.param` and one `.bin`."""

    kind: Literal[ModelKind.UPSCALING]


def _below(folder: FolderSpec, path: str) -> SourceSpec:
    """The source of a file in a folder."""
    match folder:
        case HttpsSpec(url=url):
            return HttpsSpec(type="https", url=f"{url.rstrip('/')}/{path}")
        case S3Spec(bucket=bucket, key=key):
            return S3Spec(type="s3", bucket=bucket, key=f"{key.rstrip('/')}/{path}")
        case PathSpec(path=at):
            return PathSpec(type="path", path=at / path)
        case HubSpec():
            return folder.model_copy(update={"file": path})
        case WheelSpec(member=member):
            return folder.model_copy(update={"member": f"{member}/{path}"})


Entry = ModelEntry | CheckpointEntry | UpscalingEntry
_ENTRIES = TypeAdapter(tuple[Annotated[Entry, Field(discriminator="kind")], ...])


class ModelCatalog:
    """All entries by name.

    Raises:
        ValueError: Two entries share a name.
    """

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        by_name = {entry.name: entry for entry in entries}
        if len(by_name) < len(entries):
            raise ValueError("two entries of the model catalogue share a name")
        self.entries: Mapping[str, Entry] = MappingProxyType(by_name)

    @classmethod
    def shipped(cls) -> Self:
        """The catalogue that comes with Vitrine."""
        return cls(read_entries(resources.files("services.models").joinpath("catalog.yaml").read_text("utf-8")))

    @classmethod
    def open(cls, own: Path | None) -> Self:
        """The shipped catalogue and an operator's file of the same form; None = the shipped one alone.

        Folders that the file names lie beside it, unless they begin with a slash.

        Raises:
            ValueError: The file is missing or no catalogue, or one of its names is taken.
        """
        shipped = cls.shipped()
        if own is None:
            return shipped
        try:
            entries = tuple(_beside(entry, own.parent) for entry in read_entries(own.read_text("utf-8")))
        except OSError as error:
            raise ValueError(f"models.catalog is {str(own)!r}, which can't be read: {error.strerror}") from error
        except ValueError as error:
            raise ValueError(f"models.catalog: {own.name} is no model catalogue: {error}") from error
        for entry in entries:
            if entry.name in shipped.entries:
                raise ValueError(f"models.catalog: there is a model {entry.name!r} already; rename it")
        return cls((*shipped, *entries))

    def get(self, name: str) -> Entry:
        """The entry with that name.

        Raises:
            NotFound: There is none; the message lists the known ones.
        """
        if name not in self.entries:
            raise NotFound(f"no model {name!r}; known are {', '.join(self.entries)}", field="model")
        return self.entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)


def _beside(entry: Entry, folder: Path) -> Entry:
    """The entry with its paths seen from a folder."""
    sources = tuple(
        source.model_copy(update={"path": folder.resolve() / source.path}) if isinstance(source, PathSpec) else source
        for source in entry.sources
    )
    return entry.model_copy(update={"sources": sources})


def read_entries(text: str) -> tuple[Entry, ...]:
    """The entries of a catalogue file, YAML with a list under `models`.

    Raises:
        ValueError: It is none.
    """
    try:
        return _ENTRIES.validate_python(yaml.safe_load(text)["models"])
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise ValueError(f"wanted is YAML with a list under 'models' ({type(error).__name__})") from error
