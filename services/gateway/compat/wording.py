"""How each dialect says our errors: one table, and the bodies made of it."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from services.common import errors
from services.common.errors import VitrineError
from services.gateway import status
from services.gateway.http_calls import REQUEST_ID_HEADER

#: The detail of an error that names the dialect's own code for it, where the table's is not the right one.
CODE_DETAIL: Final = "dialect_code"


@dataclass(frozen=True)
class RemoveBgWords:
    """As remove.bg says it: HTTP status, `code` and `title`."""

    http: int
    code: str
    title: str


@dataclass(frozen=True)
class OpenAiWords:
    """As OpenAI says it: HTTP status, `type` and `code`."""

    http: int
    type: str
    code: str


_INVALID: Final = "invalid_request_error"
_SERVER: Final = "server_error"

#: By our error code. Where a dialect has no word for something, it is said in ours.
TABLE: Final = MappingProxyType(
    {
        errors.InvalidInput.code: (
            RemoveBgWords(400, "invalid_parameter", "Invalid parameter"),
            OpenAiWords(400, _INVALID, "invalid_value"),
        ),
        errors.UnsupportedMedia.code: (
            RemoveBgWords(400, "invalid_file_type", "Invalid file type"),
            OpenAiWords(400, _INVALID, "invalid_image_format"),
        ),
        errors.TooLarge.code: (
            RemoveBgWords(400, "file_too_large", "File too large"),
            OpenAiWords(413, _INVALID, "image_too_large"),
        ),
        errors.NotFound.code: (
            RemoveBgWords(404, "not_found", "Not found"),
            OpenAiWords(404, _INVALID, "not_found"),
        ),
        errors.ProductNotFound.code: (
            RemoveBgWords(400, "unknown_foreground", "Could not identify foreground in image"),
            OpenAiWords(400, _INVALID, "product_not_found"),
        ),
        errors.ProductChanged.code: (
            RemoveBgWords(400, "product_changed", "No picture kept the product as it was"),
            OpenAiWords(400, _INVALID, "product_changed"),
        ),
        errors.ContentRefused.code: (
            RemoveBgWords(400, "content_refused", "The image is against the content policy"),
            OpenAiWords(400, _INVALID, "moderation_blocked"),
        ),
        errors.Conflict.code: (
            RemoveBgWords(409, "conflict", "The idempotency key was used for another request"),
            OpenAiWords(409, _INVALID, "conflict"),
        ),
        errors.WrongState.code: (
            RemoveBgWords(409, "wrong_state", "It is not in a state for that"),
            OpenAiWords(409, _INVALID, "wrong_state"),
        ),
        errors.Unauthenticated.code: (
            RemoveBgWords(403, "auth_failed", "API key missing or invalid"),
            OpenAiWords(401, _INVALID, "invalid_api_key"),
        ),
        errors.Forbidden.code: (
            RemoveBgWords(403, "auth_failed", "Not allowed"),
            OpenAiWords(403, _INVALID, "permission_denied"),
        ),
        errors.Overloaded.code: (
            RemoveBgWords(429, "rate_limit_exceeded", "Rate limit exceeded"),
            OpenAiWords(429, "requests", "rate_limit_exceeded"),
        ),
        errors.RateLimited.code: (
            RemoveBgWords(429, "rate_limit_exceeded", "Rate limit exceeded"),
            OpenAiWords(429, "requests", "rate_limit_exceeded"),
        ),
        errors.QuotaExceeded.code: (
            RemoveBgWords(402, "insufficient_credits", "Insufficient credits"),
            OpenAiWords(429, "insufficient_quota", "insufficient_quota"),
        ),
        errors.NotReady.code: (
            RemoveBgWords(503, "not_ready", "Service unavailable"),
            OpenAiWords(503, _SERVER, "not_ready"),
        ),
        errors.StorageUnavailable.code: (
            RemoveBgWords(503, "storage_unavailable", "Service unavailable"),
            OpenAiWords(503, _SERVER, "storage_unavailable"),
        ),
        errors.ModelUnavailable.code: (
            RemoveBgWords(503, "model_unavailable", "Service unavailable"),
            OpenAiWords(503, _SERVER, "model_unavailable"),
        ),
        errors.DeadlineExceeded.code: (
            RemoveBgWords(504, "timeout", "Request timed out"),
            OpenAiWords(504, _SERVER, "timeout"),
        ),
        errors.Cancelled.code: (
            RemoveBgWords(499, "cancelled", "The caller left"),
            OpenAiWords(499, _SERVER, "cancelled"),
        ),
        errors.Internal.code: (
            RemoveBgWords(500, "internal_error", "Internal error"),
            OpenAiWords(500, _SERVER, "internal_error"),
        ),
    }
)

#: What our fields are called by remove.bg's callers, by how ours begin; the fields of its own are called as they are.
_REMOVEBG_CODES: Final = MappingProxyType(
    {"selection": "roi_exceeds_bounds", "image.content": "failed_to_read_image", "image.url": "invalid_image_url"}
)
#: And by OpenAI's.
_OPENAI_PARAMS: Final = MappingProxyType(
    {
        "scene_id": "prompt",
        "canvas": "size",
        "image": "image",
        "selection": "mask",
        "output.format": "output_format",
        "output.quality": "output_compression",
    }
)


def removebg_refusal(error: VitrineError, request_id: str) -> Response:
    """The error as remove.bg tells one: `{"errors": [{"title", "code", "detail"}]}`."""
    words, _ = TABLE[error.code]
    body = {"title": words.title, "code": _removebg_code(error), "detail": error.message}
    return _json({"errors": [body]}, words.http, error, request_id)


def openai_refusal(error: VitrineError, request_id: str) -> Response:
    """The error as OpenAI tells one: `{"error": {"message", "type", "param", "code"}}`."""
    _, words = TABLE[error.code]
    field = str(error.details.get("field", ""))
    body = {
        "message": error.message,
        "type": words.type,
        "param": _begun(_OPENAI_PARAMS, field) or field or None,
        "code": error.details.get(CODE_DETAIL, words.code),
    }
    return _json({"error": body}, words.http, error, request_id)


def _removebg_code(error: VitrineError) -> str:
    """Their code for a faulty parameter has its name in it."""
    if CODE_DETAIL in error.details:
        return str(error.details[CODE_DETAIL])
    field = str(error.details.get("field", ""))
    # Bytes and pixels are one error of ours.
    if error.code == errors.TooLarge.code and "pixels" in error.message:
        return "resolution_too_high"
    if error.code != errors.InvalidInput.code or not field:
        return TABLE[error.code][0].code
    return _begun(_REMOVEBG_CODES, field) or f"invalid_{field}"


def _begun(words: MappingProxyType[str, str], field: str) -> str | None:
    """The word of the field, or of the message that it is part of."""
    return next((word for name, word in words.items() if field == name or field.startswith(f"{name}.")), None)


def _json(body: dict[str, Any], http: int, error: VitrineError, request_id: str) -> Response:
    return JSONResponse(body, http, {**status.headers(error), REQUEST_ID_HEADER: request_id})
