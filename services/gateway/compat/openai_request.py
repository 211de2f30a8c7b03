"""OpenAI's parameters of images, by its own description of them (https://platform.openai.com/docs/api-reference/images).

What can't be honoured is refused by name, never left out in silence.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, Field, field_validator

from services.api.common import Message
from services.api.convert import validated
from services.api.studio import Canvas
from services.common.errors import InvalidInput
from services.common.image import ImageFormat
from services.gateway.compat.wording import CODE_DETAIL

FILES: Final = ("image", "mask")
MAX_IMAGES: Final = 10

_SIZE: Final = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_SCENE: Final = re.compile(r"(?<!\S)scene:(\S+)")
_FORMATS: Final = MappingProxyType({"png": ImageFormat.PNG, "jpeg": ImageFormat.JPEG, "webp": ImageFormat.WEBP})

R = TypeVar("R", bound=BaseModel)


class ImagesRequest(Message):
    """What edits and generations have in common.

    `quality`: there is one, the best; who asks for a lesser one is refused. `model`, `user` and `safety_identifier` are
    taken and decide nothing: there is one model, and callers are told apart by their keys.
    """

    prompt: str = Field(min_length=1, max_length=32_000)
    model: str = ""
    n: int = Field(1, ge=1, le=MAX_IMAGES)
    size: str = "auto"
    response_format: Literal["b64_json", "url"] = "b64_json"
    output_format: Literal["png", "jpeg", "webp"] = "png"
    output_compression: int = Field(100, ge=0, le=100)
    quality: Literal["auto", "high", "standard", "hd"] = "auto"
    stream: Literal[False, "false"] = False
    partial_images: Literal[0, "0"] = 0
    user: str = ""
    safety_identifier: str = ""

    @field_validator("size")
    @classmethod
    def _check_size(cls, value: str) -> str:
        if value != "auto" and not _SIZE.fullmatch(value):
            raise ValueError(f'"auto" or a size such as "1024x1024" is wanted, got {value[:40]!r}')
        return value

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """The request that the fields make.

        Raises:
            InvalidInput: One is unknown or faulty, or they do not go together; details name it.
        """
        request = _validated(cls, fields)
        if request.output_format == "png" and request.output_compression < 100:
            raise InvalidInput(
                "output_compression: PNG files are never compressed with a loss; ask for jpeg or webp, or leave it out",
                field="output_compression", **{CODE_DETAIL: "unsupported_parameter"},
            )  # fmt: skip
        return request

    @property
    def scene_id(self) -> str:
        """The scene that the prompt names as "scene:marble"; empty where it names none."""
        found = _SCENE.search(self.prompt)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """The rest of the prompt, on one line."""
        return " ".join(_SCENE.sub("", self.prompt, count=1).split())

    @property
    def canvas(self) -> Canvas:
        """The size asked for; no sides where that is "auto".

        Raises:
            InvalidInput: It is too small.
        """
        found = _SIZE.fullmatch(self.size)
        return validated(Canvas, {"width": int(found[1]), "height": int(found[2])}) if found else Canvas()

    @property
    def format(self) -> ImageFormat:
        """The output format."""
        return _FORMATS[self.output_format]

    @property
    def encoder_quality(self) -> int:
        """1 to 100, as encoders count it."""
        return max(1, self.output_compression)


class EditRequest(ImagesRequest):
    """One call of `POST /v1/images/edits`.

    `input_fidelity`: the product's pixels are always kept, so only "high" is taken.
    """

    image: bytes = Field(repr=False)
    mask: bytes = Field(b"", repr=False)
    background: Literal["auto", "opaque", "transparent"] = "auto"
    input_fidelity: Literal["high"] = "high"

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """As its base, and with a format that a cutout can have."""
        request = super().of(fields)
        if request.background == "transparent" and request.output_format == "jpeg":
            raise InvalidInput("background: JPEG has no transparency; ask for png or webp", field="background")
        if request.background == "transparent" and request.scene_id:
            raise InvalidInput("prompt: a transparent picture has no scene; name none", field="prompt")
        if request.background == "transparent" and request.response_format == "url" and request.size != "auto":
            raise InvalidInput(
                "size: the address of a cutout leads to one of the photo's size; ask for b64_json, or for auto",
                field="size",
            )
        if request.background == "transparent" and request.n > 1:
            raise InvalidInput(f"n: there is one cutout of a photo, got {request.n}", field="n")
        return request


class GenerationRequest(ImagesRequest):
    """One call of `POST /v1/images/generations`: a scene without a product."""

    background: Literal["auto", "opaque"] = "auto"
    moderation: Literal["auto"] = "auto"

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """As its base, and with a prompt that is nothing but a scene."""
        request = super().of(fields)
        if request.words and request.scene_id:
            raise InvalidInput(
                f'prompt: a scene is drawn as it is; write "scene:{request.scene_id[:64]}" and nothing else',
                field="prompt", **{CODE_DETAIL: "unsupported"},
            )  # fmt: skip
        return request


def _validated(model: type[R], fields: Mapping[str, Any]) -> R:
    """As `validated`, with OpenAI's codes for what is missing and what is unknown."""
    try:
        return validated(model, fields)
    except InvalidInput as error:
        field = error.details.get("field")
        if field in model.model_fields and field in fields:
            raise
        code = "missing_required_parameter" if field in model.model_fields else "unknown_parameter"
        raise InvalidInput(error.message, field=field, **{CODE_DETAIL: code}) from error
