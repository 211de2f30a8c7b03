"""Requests from what callers give, and answers from what the service sends, in the models of `services.api`."""

from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message as Proto

from services.api import convert
from services.api.common import ImageSource, Message
from services.api.lint import LintPhotoRequest
from services.api.studio import CreateCutoutRequest, CreateShotRequest, StreamShotRequest
from services.common.errors import Internal, InvalidInput
from services.pb.vitrine.v1 import lint_pb2, studio_pb2

M = TypeVar("M", bound=Message)


def cutout_request(image: ImageSource, options: Mapping[str, Any]) -> studio_pb2.CreateCutoutRequest:
    """The request for a cutout of a photo.

    Raises:
        InvalidInput: An option is out of its range; the details name the field.
    """
    checked = convert.validated(CreateCutoutRequest, {**options, "image": image})
    return convert.to_proto(checked, studio_pb2.CreateCutoutRequest)


def shot_request(image: ImageSource, scene_id: str, options: Mapping[str, Any]) -> studio_pb2.CreateShotRequest:
    """The request for a shot of a photo.

    Raises:
        InvalidInput: An option is out of its range; the details name the field.
    """
    fields = {**options, "scene_id": scene_id, "image": image}
    return convert.to_proto(convert.validated(CreateShotRequest, fields), studio_pb2.CreateShotRequest)


def lint_request(image: ImageSource, rule_set: str, options: Mapping[str, Any]) -> lint_pb2.LintPhotoRequest:
    """The request to hold a photo against a rule set.

    Raises:
        InvalidInput: An option is out of its range; the details name the field.
    """
    fields = {**options, "rule_set": rule_set, "image": image}
    return convert.to_proto(convert.validated(LintPhotoRequest, fields), lint_pb2.LintPhotoRequest)


def stream_request(shot: studio_pb2.CreateShotRequest, preview_every: int) -> studio_pb2.StreamShotRequest:
    """The request for the same shot, told as it is made.

    Raises:
        InvalidInput: `preview_every` is out of its range.
    """
    checked = convert.validated(StreamShotRequest, {"preview_every": preview_every})
    return studio_pb2.StreamShotRequest(shot=shot, preview_every=checked.preview_every)


def from_proto(message: Proto, model: type[M]) -> M:
    """A message of the service as its model.

    Raises:
        Internal: The message does not fit the model, so the service speaks another version of the contract.
    """
    try:
        return convert.from_proto(message, model)
    except InvalidInput as error:
        raise Internal("the service's answer does not fit this client; are both of the same version?") from error
