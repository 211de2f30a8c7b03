"""Bodies as other services' clients send them: JSON, a form, or a form's fields in one line, all with flat names."""

import asyncio
import base64
import binascii
from collections.abc import Collection
from typing import Any, Final

from fastapi import Request
from pydantic_core import from_json
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from services.common.errors import InvalidInput, UnsupportedMedia
from services.gateway.body import BodyReader

_MAX_FIELDS: Final = 64
FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


async def read_fields(request: Request, body: BodyReader, files: Collection[str]) -> dict[str, Any]:
    """The fields that say something: empty ones and nulls, which these clients send for "not given", are left out.

    Args:
        request: As it came.
        body: Bounds its size.
        files: Names of the parts that are files; of those a form has their bytes.

    Raises:
        InvalidInput: Neither an object nor a readable form; a file where text belongs, or the other way round; a
            field that is given twice.
        TooLarge: More bytes than the largest photo can take.
        UnsupportedMedia: Another media type.
    """
    bounded = body.bounded(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        fields = await asyncio.to_thread(_object, await bounded.body())
    elif kind in FORMS:
        fields = await _form(bounded, body.max_bytes, files)
    else:
        raise UnsupportedMedia(
            f"the body is {kind[:80] or 'of no named type'}; send application/json, {' or '.join(FORMS)}",
            field="content-type",
        )
    return {name: value for name, value in fields.items() if value not in ("", b"", None)}


def from_base64(text: str, field: str) -> bytes:
    """The bytes; line breaks in them are fine.

    Raises:
        InvalidInput: It is no base64.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            f"{field}: base64 is wanted, got {len(text)} characters that are none", field=field
        ) from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        # Unlike the standard library's, it takes no halves of characters, which no answer could say back.
        fields = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput("the body is no JSON") from error
    if not isinstance(fields, dict):
        raise InvalidInput("the body is JSON but no object with fields")
    return fields


async def _form(request: Request, max_bytes: int, files: Collection[str]) -> dict[str, Any]:
    try:
        async with request.form(max_files=len(files), max_fields=_MAX_FIELDS, max_part_size=max_bytes) as form:
            return await _read(form, files)
    except HTTPException as error:
        raise InvalidInput(f"the form can't be read: {error.detail}") from error


async def _read(form: FormData, files: Collection[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part, value in form.multi_items():
        # Clients write a list of one element as "image[]".
        name = part.removesuffix("[]")
        if isinstance(value, UploadFile) != (name in files):
            wanted = "a file" if name in files else "text"
            raise InvalidInput(f"{name[:80]}: {wanted} is wanted", field=name[:80])
        if name in fields:
            raise InvalidInput(f"{name[:80]}: one is taken, got several", field=name[:80])
        fields[name] = await value.read() if isinstance(value, UploadFile) else value
    return fields
