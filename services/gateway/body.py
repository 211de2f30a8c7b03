"""Bodies of POST requests: JSON, a form with the photo and other pictures as files, or lines."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, Final, TypeVar, get_args, get_origin

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from services.api.convert import invalid_input, validated
from services.common.errors import Cancelled, InvalidInput, TooLarge, UnsupportedMedia

M = TypeVar("M", bound=BaseModel)

#: The parts of a picture's form that are files, and the fields that several parts of one name make a list of, with
#: what their text holds.
FILES: Final = ("image", "selection.keep_mask", "reference", "recolour.mask")
LISTS: Final = {
    "selection.include_points": ("x", "y"),
    "selection.exclude_points": ("x", "y"),
    "selection.include_boxes": ("left", "top", "width", "height"),
    "selection.exclude_boxes": ("left", "top", "width", "height"),
    "styles": ("style_id", "weight"),
    "cover.lines": ("title", "text"),
}

_MAX_FIELDS = 256
_MAX_FIELD_BYTES = 16 << 10

#: Besides the photo: all other fields, and the form's own lines.
_ROOM_BYTES = 1 << 20


class BodyReader:
    """Reads API requests, refusing bodies that can't hold a permitted photo before they are read to their end.

    Args:
        max_image_bytes: Largest photo. As base64 it takes a third more, so that is what a body may have.
    """

    def __init__(self, max_image_bytes: int) -> None:
        self.max_bytes = max_image_bytes * 4 // 3 + _ROOM_BYTES

    async def read(self, request: Request, model: type[M], files: Sequence[str] = FILES) -> M:
        """The request as its API model.

        A form has its files in the parts that `files` names; every other part is a field by its dotted name, such as
        `canvas.width`. Of a list each element is a part of its own: a point is "x,y", a box "left,top,width,height".

        Raises:
            InvalidInput: Not JSON, or a field is wrong; details name it.
            TooLarge: More bytes than the largest photo can take.
            UnsupportedMedia: Neither JSON nor a form.
        """
        request = self.bounded(request)
        kind = self.kind(request)
        if kind == "application/json":
            return await asyncio.to_thread(_parsed, await request.body(), model)
        if kind == "multipart/form-data":
            return validated(model, await _form_fields(request, frozenset(_lists_of(model)), files))
        raise UnsupportedMedia(
            f"the body is {kind[:80] or 'of no named type'}; send application/json or multipart/form-data",
            field="content-type",
        )

    async def read_if_any(self, request: Request, model: type[M]) -> M:
        """JSON as its API model; one without any field set where there is no body.

        Raises:
            InvalidInput, TooLarge, UnsupportedMedia: As of `read`.
        """
        request = self.bounded(request)
        body = await request.body()
        if body and self.kind(request) != "application/json":
            raise UnsupportedMedia("the body is of another type; send application/json", field="content-type")
        return await asyncio.to_thread(_parsed, body or b"{}", model)

    async def lines(self, request: Request) -> AsyncGenerator[bytes, None]:
        """The body's lines as they come, each of at most `max_bytes`, however many they are.

        Raises:
            Cancelled: The caller left before its body had ended.
            TooLarge: A line is longer.
        """
        held: list[bytes] = []
        try:
            async for piece in request.stream():
                *ends, last = piece.split(b"\n")
                for end in ends:
                    yield b"".join((*held, end))
                    held.clear()
                held.append(last)
                self._check(sum(map(len, held)), "a line")
        except ClientDisconnect as error:
            raise Cancelled("the caller left before its body had ended") from error
        yield b"".join(held)

    @staticmethod
    def kind(request: Request) -> str:
        """The body's media type, without parameters; empty where it names none."""
        return request.headers.get("content-type", "").partition(";")[0].strip().lower()

    def bounded(self, request: Request) -> Request:
        """The request with a body that ends in an error where it has more than `max_bytes`.

        Raises:
            TooLarge: It says so itself, or, later, while it is read.
        """
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdecimal():
            self._check(int(declared))
        return Request(request.scope, self._counted(request))

    def _counted(self, request: Request) -> Any:
        received = 0

        async def receive() -> Message:
            nonlocal received
            message = await request.receive()
            received += len(message.get("body", b""))
            self._check(received)
            return message

        return receive

    def _check(self, size_bytes: int, of: str = "the body") -> None:
        if size_bytes > self.max_bytes:
            raise TooLarge(
                f"{of} has {size_bytes} bytes or more; at most {self.max_bytes} are taken",
                got=size_bytes, limit=self.max_bytes,
            )  # fmt: skip


def _parsed(body: bytes, model: type[M]) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid_input(error, model) from error


def _lists_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The fields that a form may give several times, by their dotted names."""
    for name, field in model.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if get_origin(kind) is list:
                yield f"{prefix}{name}"
            elif isinstance(kind, type) and issubclass(kind, BaseModel) and get_origin(field.annotation) is not list:
                yield from _lists_of(kind, f"{prefix}{name}.")


async def _form_fields(request: Request, lists: frozenset[str], files: Sequence[str]) -> dict[str, Any]:
    try:
        async with request.form(max_files=len(files), max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as form:
            return await _nested(form, lists, files)
    except HTTPException as error:
        raise InvalidInput(f"the form can't be read: {error.detail}") from error


async def _nested(form: FormData, lists: frozenset[str], files: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) != (name in files):
            raise InvalidInput(
                f"the form's files are {', '.join(map(repr, files))}; all other parts are text",
                field=name[:80],
            )
        branch, leaf = _branch(fields, name)
        if name in LISTS:
            _append(branch, name, leaf, str(value))
        elif name in lists:
            branch.setdefault(leaf, []).append(value)
        elif leaf in branch:
            raise InvalidInput(f"{name[:80]} is given more than once", field=name[:80])
        else:
            branch[leaf] = {"content": await value.read()} if isinstance(value, UploadFile) else value
    return fields


def _branch(fields: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    """Where a dotted name leads, and its last part."""
    *path, leaf = name.split(".")
    for part in path:
        fields = fields.setdefault(part, {})
        if not isinstance(fields, dict):
            raise InvalidInput(f"{name[:80]} names a part of a field that was given whole", field=name[:80])
    return fields, leaf


def _append(branch: dict[str, Any], name: str, leaf: str, text: str) -> None:
    elements: list[dict[str, str]] = branch.setdefault(leaf, [])
    # What stands last may hold commas of its own.
    parts = text.split(",", len(LISTS[name]) - 1)
    if len(parts) != len(LISTS[name]):
        raise InvalidInput(f"expected {','.join(LISTS[name])}, got {text[:80]!r}", field=f"{name}.{len(elements)}")
    elements.append(dict(zip(LISTS[name], (part.strip() for part in parts), strict=True)))
