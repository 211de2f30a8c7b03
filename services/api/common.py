"""Messages that several requests share, field for field as in `protos/vitrine/v1/common.proto`.

JSON follows protobuf's own mapping: snake_case proto names, enum names as strings, bytes as base64, durations as
"3.5s", timestamps as RFC 3339. (https://protobuf.dev/programming-guides/json/)
"""

import base64
import binascii
import re
import unicodedata
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from services.api.findings import shown
from services.common.css_color import css_rgb
from services.common.image import ImageFormat

_COLOUR = r"^(#[0-9a-fA-F]{6})?$"


class Message(BaseModel):
    """Base of all API messages: frozen; an unknown field is an error, so that a typo is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _parse_duration(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?s", value):
            raise ValueError(f'a duration such as "3.5s" is wanted, got {shown(value)}')
        return float(value[:-1])
    return value


def _parse_bytes(value: Any) -> Any:
    if isinstance(value, str):
        try:
            # protobuf accepts the URL-safe alphabet and missing padding too
            padded = value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4)
            return base64.b64decode(padded, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"base64 is wanted, got {len(value)} characters that are none") from None
    return value


def _check_colour(value: str) -> str:
    if not re.fullmatch(_COLOUR, value):
        raise ValueError(f"#rrggbb is wanted, got {shown(value)}")
    return value


def _check_text(value: str) -> str:
    for position, character in enumerate(value):
        if unicodedata.category(character) == "Cc":
            raise ValueError(f"text without control characters is wanted, got U+{ord(character):04X} at {position}")
    return value


def _unspecified_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and value.endswith("_UNSPECIFIED") else value


def _format_duration(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


#: About 10 000 years, the longest that protobuf's durations are.
MAX_DURATION_S = 315_576_000_000

#: Seconds in Python, "3.5s" in JSON.
Duration = Annotated[
    float,
    Field(ge=-MAX_DURATION_S, le=MAX_DURATION_S),
    BeforeValidator(_parse_duration),
    PlainSerializer(_format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$", "examples": ["3.5s"]}),
]

#: What protobuf's int32 holds.
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
Int32 = Annotated[int, Field(ge=INT32_MIN, le=INT32_MAX)]
#: The same where nothing below zero makes sense.
Count32 = Annotated[int, Field(ge=0, le=INT32_MAX)]

#: Bytes in Python, base64 in JSON.
Bytes = Annotated[
    bytes,
    BeforeValidator(_parse_bytes),
    PlainSerializer(lambda data: base64.b64encode(data).decode(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "byte"}),
]

#: Put before an optional enum: its zero value, FOO_UNSPECIFIED, means absent.
ZeroIsAbsent = BeforeValidator(_unspecified_is_none)


#: A colour as CSS writes it, or nothing.
Colour = Annotated[str, AfterValidator(_check_colour), WithJsonSchema({"type": "string", "pattern": _COLOUR})]


def _check_css_colour(value: str) -> str:
    try:
        css_rgb(value)
    except ValueError as error:
        raise ValueError(f"{error}; got {shown(value)}") from None
    return value


#: A colour as CSS writes it: a name, or #rrggbb.
CssColour = Annotated[str, Field(max_length=40), AfterValidator(_check_css_colour)]

#: Words on one line.
Text = Annotated[str, AfterValidator(_check_text)]


class StageName(StrEnum):
    DECODE = "DECODE"
    SEGMENT = "SEGMENT"
    LAYOUT = "LAYOUT"
    GENERATE = "GENERATE"
    POSTPROCESS = "POSTPROCESS"


class ImageSource(Message):
    """At most one of the three is set."""

    content: Bytes = Field(
        b"", description="The encoded file: JPEG, PNG, WebP, AVIF, HEIC or TIFF, never animated.", repr=False
    )
    url: str = Field(
        "", max_length=2048, description="Where it is instead: https://, or s3://bucket/key as the operator allows."
    )
    blob_key: str = Field("", max_length=512, description="Or the key of an earlier result.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("content", "url", "blob_key") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"an image comes from one place; got {' and '.join(given)}")
        return self


class Blob(Message):
    key: str = ""
    url: str = ""
    expire_time: str = Field("", description="RFC 3339.")
    media_type: str = ""
    size_bytes: int = 0
    sha256: str = ""
    width: Int32 = 0
    height: Int32 = 0
    content: Bytes = Field(b"", repr=False, exclude_if=lambda content: not content)


class Box(Message):
    left: Int32 = 0
    top: Int32 = 0
    width: Int32 = 0
    height: Int32 = 0


class Point(Message):
    x: Int32 = Field(0, description="Column, from the left.")
    y: Int32 = Field(0, description="Row, from the top.")


class StageTiming(Message):
    stage: StageName
    duration: Duration = 0.0


class OutputOptions(Message):
    format: Annotated[ImageFormat | None, ZeroIsAbsent] = Field(
        None, description="Cutouts: PNG (default), WEBP or AVIF. Shots: JPEG (default), PNG, WEBP or AVIF."
    )
    quality: int = Field(0, ge=0, le=100, description="1 to 100; 0 stands for the service's default.")
    inline: bool = Field(default=False, description="Send the file in the answer as well, if it is small enough.")
