"""Between the models of `services.api` and protobuf's messages, through protobuf's own JSON mapping.

A picture's bytes are taken out first and handed over beside it: base64 would cost a third more and two copies.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message as ProtoMessage
from pydantic import ValidationError

from services.api.common import Message
from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.errors import Internal, InvalidInput
from services.pb.vitrine.v1 import studio_pb2

M = TypeVar("M", bound=Message)


def cutout_request(content: bytes, options: Mapping[str, Any]) -> studio_pb2.CreateCutoutRequest:
    """The request for a cutout of the photo in `content`.

    Raises:
        InvalidInput: An option is out of its range; the details name the field.
    """
    message = studio_pb2.CreateCutoutRequest()
    _fill(message, CreateCutoutRequest, options)
    message.image.content = content
    return message


def shot_request(content: bytes, scene_id: str, options: Mapping[str, Any]) -> studio_pb2.CreateShotRequest:
    """The request for a shot of the photo in `content`.

    Raises:
        InvalidInput: An option is out of its range; the details name the field.
    """
    message = studio_pb2.CreateShotRequest()
    _fill(message, CreateShotRequest, {"scene_id": scene_id, **options})
    message.image.content = content
    return message


def _fill(message: ProtoMessage, model: type[Message], fields: Mapping[str, Any]) -> None:
    try:
        checked = model.model_validate(dict(fields))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InvalidInput(f"{field or 'the request'}: {fault['msg']}", field=field) from error
    # Unset stays unset, so that the service's own defaults count.
    json_format.ParseDict(checked.model_dump(mode="json", exclude_unset=True, exclude_none=True), message)


def from_proto(message: ProtoMessage, model: type[M]) -> M:
    """A message as its model; an `image.content` in it is not copied through text.

    Raises:
        Internal: The message does not fit the model, so the service speaks another version of the contract.
    """
    content = b""
    if "image" in message.DESCRIPTOR.fields_by_name:
        image = getattr(message, "image")  # noqa: B009 - not every message has it, so mypy can't know it
        content = image.content
        image.ClearField("content")
    fields = json_format.MessageToDict(message, preserving_proto_field_name=True)
    if content:
        fields["image"]["content"] = content
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Internal("the service's answer does not fit this client; are both of the same version?") from error
