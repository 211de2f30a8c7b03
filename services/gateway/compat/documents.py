"""What `/docs` tells of the dialects' routes: their parameters as JSON and as a form, answers and errors."""

from typing import Any, Final

from pydantic import BaseModel, Field

from services.common.image import ImageFormat
from services.gateway.compat import openai_request, removebg_request
from services.gateway.compat.files import ZIP_MEDIA_TYPE
from services.gateway.compat.openai_request import EditRequest, GenerationRequest
from services.gateway.compat.removebg_request import RemoveBgRequest

_FILE: Final = {"type": "string", "format": "binary"}
_PICTURES: Final = (ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP)


class RemoveBgData(BaseModel):
    """The file, and where the subject lies in its picture, in pixels."""

    result_b64: str
    foreground_top: int
    foreground_left: int
    foreground_width: int
    foreground_height: int


class RemoveBgAnswer(BaseModel):
    """remove.bg's answer to `Accept: application/json`."""

    data: RemoveBgData


class RemoveBgError(BaseModel):
    """One error of remove.bg's."""

    title: str
    code: str
    detail: str


class RemoveBgErrors(BaseModel):
    """remove.bg's errors."""

    errors: list[RemoveBgError]


class OpenAiImage(BaseModel):
    """One of the two is there."""

    b64_json: str = ""
    url: str = ""


class OpenAiAnswer(BaseModel):
    """OpenAI's answer to both calls."""

    created: int = Field(description="Unix time, in seconds.")
    data: list[OpenAiImage]
    background: str
    output_format: str
    quality: str
    size: str


class OpenAiError(BaseModel):
    """OpenAI's error."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAiErrors(BaseModel):
    """OpenAI's answer when something is wrong."""

    error: OpenAiError


def removebg_route() -> dict[str, Any]:
    """The description of `/v1.0/removebg`."""
    files = {each.media_type: {"schema": _FILE} for each in _PICTURES} | {ZIP_MEDIA_TYPE: {"schema": _FILE}}
    body = _body(RemoveBgRequest, removebg_request.FILES, json=True, urlencoded=True)
    return {
        "openapi_extra": {"requestBody": body},
        "responses": {
            200: {"model": RemoveBgAnswer, "description": "Done; JSON when `Accept` asks for it.", "content": files},
            "default": {"model": RemoveBgErrors, "description": "What went wrong, in remove.bg's words."},
        },
    }


def edits_route() -> dict[str, Any]:
    """The description of `/v1/images/edits`."""
    return _openai(_body(EditRequest, openai_request.FILES))


def generations_route() -> dict[str, Any]:
    """The description of `/v1/images/generations`."""
    return _openai(_body(GenerationRequest, (), json=True))


def _openai(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi_extra": {"requestBody": body},
        "responses": {
            200: {"model": OpenAiAnswer, "description": "Done."},
            "default": {"model": OpenAiErrors, "description": "What went wrong, in OpenAI's words."},
        },
    }


def _body(
    model: type[BaseModel], files: tuple[str, ...], *, json: bool = False, urlencoded: bool = False
) -> dict[str, Any]:
    """The fields in all forms that they may come in; files only in a form."""
    schema = model.model_json_schema()
    fields = {name: field for name, field in schema["properties"].items() if name not in files}
    required = [name for name in schema.get("required", []) if name not in files]
    flat = {"type": "object", "properties": fields, "required": required}
    whole = {
        "type": "object",
        "properties": {**fields, **dict.fromkeys(files, _FILE)},
        "required": schema.get("required", []),
    }
    content = {"multipart/form-data": {"schema": whole}} if files else {}
    if json:
        content["application/json"] = {"schema": flat}
    if urlencoded:
        content["application/x-www-form-urlencoded"] = {"schema": flat}
    return {"required": True, "content": content}
