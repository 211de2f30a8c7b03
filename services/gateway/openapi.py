"""What `/docs` tells beyond what FastAPI reads off the routes: bodies in two media types, pictures, problems."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from services.api import jobs
from services.api.catalog import CreateStyleRequest
from services.api.jobs import GetJobResponse
from services.api.lint import LintPhotoRequest
from services.api.studio import (
    CreateCutoutRequest,
    CreateShotRequest,
    CreateShotResponse,
    DenoisingStep,
    StageEvent,
    StreamShotRequest,
)
from services.api.trainings import CreateStyleTrainingRequest, CreateStyleTrainingResponse
from services.api.uploads import CreateUploadRequest
from services.api.webhooks import CreateWebhookRequest, RotateWebhookSecretRequest, UpdateWebhookRequest
from services.common.image import ImageFormat
from services.gateway.body import FILES, LISTS
from services.gateway.negotiation import EVENT_STREAM
from services.gateway.status import PROBLEM_MEDIA_TYPE, Problem

REF: Final = "#/components/schemas/{model}"
FILE: Final = {"type": "string", "format": "binary"}
_PICTURE: Final = {each.media_type: {"schema": FILE} for each in ImageFormat}
PROBLEM: Final = {
    "description": "What went wrong, see `code`.",
    "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": REF.format(model=Problem.__name__)}}},
}

ONCE: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request under the same key is answered with the same result, without new work.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
}
_LATER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`respond-async`: answer at once with a job, which makes the picture when there is room for it.",
    "schema": {"type": "string"},
}
LOCATION: Final = {"Location": {"description": "Of what was made.", "schema": {"type": "string"}}}
#: Optional, as callers on the service's own machine mostly need none.
_KEY: Final[list[dict[str, list[str]]]] = [{"key": []}, {}]
_KEY_SCHEME: Final = {"type": "http", "scheme": "bearer", "description": "An API key, such as vitrine_1f3a…."}

#: What bodies hold; FastAPI knows only what answers do.
_BODIES: Final[tuple[type[BaseModel], ...]] = (
    CreateCutoutRequest,
    CreateShotRequest,
    LintPhotoRequest,
    CreateWebhookRequest,
    UpdateWebhookRequest,
    RotateWebhookSecretRequest,
    jobs.CreateJobRequest,
    jobs.AddJobItemsRequest,
    jobs.CancelJobRequest,
    jobs.PauseJobRequest,
    jobs.ResumeJobRequest,
    jobs.RetryJobRequest,
    jobs.CreateJobManifestRequest,
    CreateUploadRequest,
    CreateStyleRequest,
    CreateStyleTrainingRequest,
)
#: What each event's data is, by the event's name.
_EVENTS: Final[Mapping[str, type[BaseModel]]] = {
    "stage": StageEvent,
    "step": DenoisingStep,
    "shot": CreateShotResponse,
    "error": Problem,
}


def picture_route(model: type[BaseModel]) -> dict[str, Any]:
    """A POST that takes JSON or a form and answers JSON or a picture."""
    route = verdict_route(model)
    answer = {"description": "Done. The picture itself when `Accept` asks for an image.", "content": _PICTURE}
    return {**route, "responses": {200: answer, **route["responses"]}}


def verdict_route(model: type[BaseModel]) -> dict[str, Any]:
    """A POST that takes JSON or a form with a photo and answers JSON, or a job."""
    extra = {**form_route(model, FILES)["openapi_extra"], "parameters": [ONCE, _LATER]}
    later = {"description": "A job, where `Prefer` asks for one.", "model": GetJobResponse, "headers": LOCATION}
    return {"openapi_extra": extra, "responses": {202: later, "default": PROBLEM}}


def shot_route() -> dict[str, Any]:
    """The same, which can also answer a stream of events."""
    route = picture_route(CreateShotRequest)
    # OpenAPI 3.1 has no words for the events of a stream.
    kinds = ", ".join(f"`{name}` with a {model.__name__} as its data" for name, model in _EVENTS.items())
    events = {"type": "string", "description": f"Server-Sent Events: {kinds}."}
    done = route["responses"][200]
    every = StreamShotRequest.model_json_schema()["properties"]["preview_every"]
    parameter = {"name": "preview_every", "in": "query", "required": False, "schema": every}
    return {
        "openapi_extra": {**route["openapi_extra"], "parameters": [ONCE, _LATER, parameter]},
        "responses": {
            **route["responses"],
            200: {
                "description": f"{done['description']} Its progress when `Accept` asks for events.",
                "content": {**done["content"], EVENT_STREAM: {"schema": events}},
            },
        },
    }


def page_route(model: type[BaseModel], *path: str) -> dict[str, Any]:
    """A GET whose query parameters are the model's fields, but for those that the path names."""
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in model.model_json_schema(ref_template=REF)["properties"].items()
        if name not in path
    ]
    return {"openapi_extra": {"parameters": parameters}, "responses": {"default": PROBLEM}}


def body_route(model: type[BaseModel], *, required: bool = False) -> dict[str, Any]:
    """A call that takes JSON."""
    body = {
        "required": required,
        "content": {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}},
    }
    return {"openapi_extra": {"requestBody": body}, "responses": {"default": PROBLEM}}


def form_route(model: type[BaseModel], files: Sequence[str]) -> dict[str, Any]:
    """A POST that takes JSON, or a form with these files."""
    body = {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": REF.format(model=model.__name__)}},
            "multipart/form-data": {"schema": form_schema(model, files)},
        },
    }
    return {"openapi_extra": {"requestBody": body}, "responses": {"default": PROBLEM}}


def training_route() -> dict[str, Any]:
    """A POST that takes JSON and answers where the training is."""
    body = body_route(CreateStyleTrainingRequest, required=True)["openapi_extra"]
    made = {"description": "Made.", "model": CreateStyleTrainingResponse, "headers": LOCATION}
    return {
        "status_code": 201,
        "openapi_extra": {**body, "parameters": [ONCE]},
        "responses": {201: made, "default": PROBLEM},
    }


def plain_route() -> dict[str, Any]:
    """A call that takes nothing but its path."""
    return {"responses": {"default": PROBLEM}}


def blob_route() -> dict[str, Any]:
    """A GET that answers a file."""
    return {"responses": {200: {"description": "The file.", "content": _PICTURE}, "default": PROBLEM}}


def upload_route() -> dict[str, Any]:
    """A PUT that takes a file."""
    body = {"required": True, "content": {"*/*": {"schema": FILE}}}
    return {"openapi_extra": {"requestBody": body}, "responses": {"default": PROBLEM}}


def ready_route() -> dict[str, Any]:
    """A GET that answers 200 or 503, with each stage's state either way."""
    return {"responses": {503: {"description": "Not yet; `stages` tells each stage's state."}}}


def form_schema(model: type[BaseModel], files: Sequence[str] = FILES, *left_out: str) -> dict[str, Any]:
    """The form's parts: its files or from where they come, and every other field by its dotted name."""
    schema = model.model_json_schema()
    parts: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        if name not in left_out:
            parts.update(_flat(name, field, schema["$defs"], files))
    if "image" in parts:
        parts["image"]["description"] = "The photo: JPEG, PNG, WebP, AVIF, HEIC or TIFF; or give `image.url`."
    return {"type": "object", "properties": parts}


def _flat(name: str, field: dict[str, Any], definitions: dict[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """One field as form parts: a message's fields each, references replaced by what they stand for."""
    if name in LISTS:
        text = {"type": "string", "description": ",".join(LISTS[name])}
        return {name: {**field, "items": text}}
    choices = [field, *field.get("anyOf", [])]
    target = next((definitions[each["$ref"].rpartition("/")[2]] for each in choices if "$ref" in each), None)
    if target is None and "$ref" in field.get("items", {}):
        return {name: {**field, "items": definitions[field["items"]["$ref"].rpartition("/")[2]]}}
    if target is None:
        return {name: field}
    if target.get("type") != "object":
        return {
            name: {**target, **{key: field[key] for key in ("description", "default") if field.get(key) is not None}}
        }
    is_file = name in files
    parts: dict[str, Any] = {name: {**FILE, "description": field.get("description", "")}} if is_file else {}
    for child, schema in target["properties"].items():
        if not (is_file and child == "content"):
            parts.update(_flat(f"{name}.{child}", schema, definitions, files))
    return parts


def complete(app: FastAPI) -> None:
    """Make the application's OpenAPI document whole: schemas that only hand-written parts name, and nothing false."""

    def once() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = once  # type: ignore[method-assign] # FastAPI's documented way to extend the document


def document(app: FastAPI) -> dict[str, Any]:
    """The whole OpenAPI document."""
    whole = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = whole["components"]["schemas"]
    for model in (*_BODIES, *_EVENTS.values()):
        schema = model.model_json_schema(ref_template=REF)
        for name, definition in schema.pop("$defs", {}).items():
            schemas.setdefault(name, definition)
        schemas[model.__name__] = schema
    # FastAPI describes its own form of validation errors, which is never answered: they are problems too.
    for path in whole["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    whole["components"]["securitySchemes"] = {"key": _KEY_SCHEME}
    whole["security"] = _KEY
    return whole
