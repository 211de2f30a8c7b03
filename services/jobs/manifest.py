"""Lists of items: where they come from, and how they are read."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from services.api.convert import invalid_input, validated
from services.api.findings import cut, model_in
from services.api.jobs import ItemManifest, JobItemSpec, ManifestFormat
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, TooLarge, VitrineError
from services.fetch.sources import Buckets
from services.jobs.intake import Line
from services.jobs.recipe import MODELS
from services.jobs.schema import Method
from services.storage.blobs import BlobStore, checked_key
from services.storage.owner import require_source

_BOM: Final = b"\xef\xbb\xbf"


class Manifests:
    """Fetches lists of items.

    Args:
        store: Where uploads lie.
        buckets: For s3 addresses; such are refused where None.
        max_bytes: Largest list.
    """

    def __init__(self, store: BlobStore, buckets: Buckets | None, max_bytes: int) -> None:
        self._store = store
        self._buckets = buckets
        self._max_bytes = max_bytes

    async def fetched(self, manifest: ItemManifest, tenant: str, deadline: Deadline) -> bytes:
        """The list's bytes.

        Raises:
            VitrineError: Any that says what is wrong with where it is, or with its size; details name the field.
        """
        field = next((name for name in ("content", "blob_key", "url") if getattr(manifest, name)), "")
        if not field:
            raise InvalidInput("manifest: it is missing; wanted is content, blob_key or url", field="manifest")
        try:
            return await asyncio.to_thread(self._read, manifest, tenant, deadline)
        except VitrineError as error:
            name = f"manifest.{field}"
            raise type(error)(f"{name}: {error.message}", **{**error.details, "field": name}) from error

    def _read(self, manifest: ItemManifest, tenant: str, deadline: Deadline) -> bytes:
        if manifest.content:
            self._check_size(len(manifest.content))
            return manifest.content
        if manifest.blob_key:
            require_source(checked_key(manifest.blob_key), tenant)
            self._check_size(self._store.head(manifest.blob_key, deadline).size_bytes)
            return self._store.get(manifest.blob_key, deadline)
        if not manifest.url.startswith("s3://"):
            raise InvalidInput("a list is read from s3://bucket/key alone; else upload it, or send it in the request")
        if self._buckets is None:
            raise InvalidInput("this service reads from no bucket; the setting storage.inputs allows it")
        return self._buckets.fetch(manifest.url, tenant, deadline)

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            raise TooLarge(
                f"the list has {size_bytes} bytes; at most {self._max_bytes} are taken",
                got=size_bytes, limit=self._max_bytes,
            )  # fmt: skip


def read_lines(data: bytes, wanted: ManifestFormat | None, method: Method) -> Iterator[Line]:
    """The items of a list, one after the other.

    Args:
        data: UTF-8, with a byte order mark or without.
        wanted: None: JSONL where it begins with a brace, else CSV.
        method: What is done with the photos, whose fields a CSV's columns name.

    Raises:
        InvalidInput: A CSV's first line is wrong, or it is no text.
    """
    data = data.removeprefix(_BOM)
    if wanted is None:
        wanted = ManifestFormat.JSONL if data.lstrip()[:1] == b"{" else ManifestFormat.CSV
    return _jsonl(data) if wanted is ManifestFormat.JSONL else _csv(data, method)


def _jsonl(data: bytes) -> Iterator[Line]:
    for number, text in enumerate(io.BytesIO(data), 1):
        if not text.strip():
            continue
        try:
            yield Line(JobItemSpec.model_validate_json(text), number)
        except ValidationError as error:
            yield Line(None, number, invalid_input(error, JobItemSpec))


@dataclass(frozen=True)
class _Column:
    """A column: the field that it sets, and whether its cells are lists, written as JSON."""

    name: str
    path: tuple[str, ...]
    is_list: bool = False


def _csv(data: bytes, method: Method) -> Iterator[Line]:
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), strict=True)
    try:
        columns = _columns(next(rows, []), method)
        for row in rows:
            if row:
                yield _line(row, columns, rows.line_num)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the list is no UTF-8 text behind line {rows.line_num}", field="manifest") from error
    except csv.Error as error:
        raise InvalidInput(f"line {rows.line_num}: the list is no CSV ({error})", field="manifest") from error


def _line(row: Sequence[str], columns: Sequence[_Column], number: int) -> Line:
    try:
        if len(row) != len(columns):
            raise InvalidInput(f"{len(columns)} cells are wanted, one for each column; got {len(row)}")
        fields: dict[str, Any] = {}
        for cell, column in zip(row, columns, strict=True):
            if cell:
                _put(fields, column, cell)
        return Line(validated(JobItemSpec, fields), number)
    except VitrineError as error:
        return Line(None, number, error)


def _put(fields: dict[str, Any], column: _Column, cell: str) -> None:
    if column.path == ("image",):
        fields["image"] = {"url" if "://" in cell else "blob_key": cell}
        return
    *owners, last = column.path
    for name in owners:
        fields = fields.setdefault(name, {})
    fields[last] = _list(cell, column) if column.is_list else cell


def _list(cell: str, column: _Column) -> Any:
    try:
        return json.loads(cell)
    except ValueError as error:
        raise InvalidInput(f"{column.name}: a list as JSON is wanted", field=".".join(column.path)) from error


def _columns(names: Sequence[str], method: Method) -> list[_Column]:
    if "image" not in names:
        raise InvalidInput(
            f"line 1: it has to name the columns, comma between them, one of them image; got {cut(','.join(names))!r}",
            field="manifest",
        )
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InvalidInput(f"line 1: two columns are named {cut(twice.pop())!r}", field="manifest")
    return [_Column(name, (name,)) if name in ("image", "key") else _field(name, method) for name in names]


def _field(name: str, method: Method) -> _Column:
    """The column of a request's field."""
    owner: type[BaseModel] | None = MODELS[method]
    *owners, last = name.split(".")
    for part in owners:
        owner = model_in(owner.model_fields[part].annotation) if owner and part in owner.model_fields else None
    if owner is None or last not in owner.model_fields or owners[:1] == ["image"]:
        known = ", ".join(["image", "key", *(field for field in MODELS[method].model_fields if field != "image")])
        raise InvalidInput(
            f"line 1: there is no column {cut(name)!r}; known are {known}, and what is in those as in output.format",
            field="manifest",
        )
    annotation = owner.model_fields[last].annotation
    is_list = list in (get_origin(annotation), *map(get_origin, get_args(annotation)))
    if not is_list and model_in(annotation) is not None:
        raise InvalidInput(f"line 1: the column {name!r} has to name one of that field's own fields", field="manifest")
    return _Column(name, (method, *owners, last), is_list)
