"""Proto, API model and OpenAPI say the same, field by field."""

import enum
import types
import typing

import pytest
from google.protobuf.descriptor import FieldDescriptor
from pydantic import BaseModel

from services.api import catalog, common, jobs, lint, studio, trainings, uploads, usage, webhooks
from services.api.convert import from_proto, to_proto
from services.common.image import ImageFormat
from services.common.place import Place
from services.common.pose import Pose
from services.gateway.openapi import document
from services.generate.schema import Scheduler
from services.lint.rules import RuleLevel
from services.lint.step import Step
from services.pb.vitrine.v1 import (
    catalog_pb2,
    common_pb2,
    jobs_pb2,
    lint_pb2,
    studio_pb2,
    trainings_pb2,
    uploads_pb2,
    usage_pb2,
    webhooks_pb2,
)
from services.postprocess.cover.schema import CoverPart, Typeface
from services.postprocess.preservation.thresholds import Level
from services.postprocess.schema import LayerName, Preservation, Shadow
from tests.support.gateway_parts import Parts

FILES = {
    common_pb2: common,
    studio_pb2: studio,
    lint_pb2: lint,
    catalog_pb2: catalog,
    usage_pb2: usage,
    jobs_pb2: jobs,
    uploads_pb2: uploads,
    webhooks_pb2: webhooks,
    trainings_pb2: trainings,
}
ENUMS = {
    "vitrine.v1.ImageFormat.Format": ImageFormat,
    "vitrine.v1.Stage.Name": common.StageName,
    "vitrine.v1.StageEvent.State": studio.StageState,
    "vitrine.v1.CreateShotRequest.Pose": Pose,
    "vitrine.v1.CreateShotRequest.Shadow": Shadow,
    "vitrine.v1.CreateShotRequest.Preservation": Preservation,
    "vitrine.v1.CreateShotRequest.Scheduler": Scheduler,
    "vitrine.v1.Layer.Name": LayerName,
    "vitrine.v1.Cover.Typeface": Typeface,
    "vitrine.v1.CoverText.Part": CoverPart,
    "vitrine.v1.PreservationReport.Level": Level,
    "vitrine.v1.LintRule.Level": RuleLevel,
    "vitrine.v1.LintFix.Step": Step,
    "vitrine.v1.Model.Kind": catalog.ModelKind,
    "vitrine.v1.Scene.Place": Place,
    "vitrine.v1.Job.State": jobs.JobState,
    "vitrine.v1.JobItem.State": jobs.ItemState,
    "vitrine.v1.ItemManifest.Format": jobs.ManifestFormat,
    "vitrine.v1.WebhookDelivery.State": webhooks.DeliveryState,
    "vitrine.v1.StyleTraining.State": trainings.StyleTrainingState,
}
KINDS = {
    FieldDescriptor.CPPTYPE_STRING: str,
    FieldDescriptor.CPPTYPE_BOOL: bool,
    FieldDescriptor.CPPTYPE_FLOAT: float,
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_UINT32: int,
}
WELL_KNOWN = {"google.protobuf.Duration": float, "google.protobuf.Timestamp": str}
#: By Python type, what its JSON schema says; enums and messages are references.
JSON_TYPES = {str: "string", bytes: "string", bool: "boolean", float: "number", int: "integer"}

MESSAGES = {
    descriptor.name: (getattr(module, descriptor.name), getattr(api, descriptor.name))
    for module, api in FILES.items()
    for descriptor in module.DESCRIPTOR.message_types_by_name.values()
    if descriptor.fields
}
FIELDS = [
    pytest.param(field, model, id=f"{name}.{field.name}")
    for name, (proto, model) in MESSAGES.items()
    for field in proto.DESCRIPTOR.fields
]

OPENAPI = document(Parts().http_app())


def python_type(field):
    """What the proto's field is in Python."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes
    if field.enum_type:
        return ENUMS[field.enum_type.full_name]
    if field.message_type:
        known = WELL_KNOWN.get(field.message_type.full_name)
        return known or MESSAGES[field.message_type.name][1]
    return KINDS[field.cpp_type]


def unwrapped(annotation):
    """The bare type, whether None is allowed, whether it is a list."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(annotation) if each is not type(None)]
        return unwrapped(inner[0])[0], True, False
    if typing.get_origin(annotation) is typing.Annotated:
        return unwrapped(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is list:
        return unwrapped(typing.get_args(annotation)[0])[0], False, True
    return annotation, False, False


@pytest.mark.parametrize("name", MESSAGES)
def test_model_has_the_messages_fields(name):
    proto, model = MESSAGES[name]
    assert list(model.model_fields) == [field.name for field in proto.DESCRIPTOR.fields]


@pytest.mark.parametrize(("field", "model"), FIELDS)
def test_field_has_the_same_type(field, model):
    bare, _, listed = unwrapped(model.model_fields[field.name].annotation)
    assert bare is python_type(field)
    assert listed == field.is_repeated


@pytest.mark.parametrize(("field", "model"), FIELDS)
def test_optional_scalar_is_none_where_it_is_absent(field, model):
    scalar = not field.message_type and not field.is_repeated
    optional = scalar and field.has_presence and field.containing_oneof.name.startswith("_")
    if optional:
        assert model.model_fields[field.name].default is None
    elif scalar and not field.enum_type:
        assert model.model_fields[field.name].default is not None


@pytest.mark.parametrize("name", ENUMS)
def test_enum_has_the_same_values(name):
    descriptor = next(
        each.enum_type
        for proto, _ in MESSAGES.values()
        for each in proto.DESCRIPTOR.fields
        if each.enum_type and each.enum_type.full_name == name
    )
    zero, *rest = [value.name for value in descriptor.values]
    assert zero.endswith("_UNSPECIFIED")
    assert [each.value for each in ENUMS[name]] == rest


@pytest.mark.parametrize(("field", "model"), FIELDS)
def test_openapi_says_the_same(field, model):
    schemas = OPENAPI["components"]["schemas"]
    if model.__name__ not in schemas:
        assert model.__name__ in GRPC_ONLY
        return
    schema = schemas[model.__name__]["properties"][field.name]
    choices = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    [schema] = [each.get("items", each) for each in choices]
    kind = python_type(field)
    if field.message_type and field.message_type.full_name == "google.protobuf.Duration":
        assert schema["type"] == "string"
    elif issubclass(kind, (enum.Enum, BaseModel)):
        assert schema["$ref"].endswith(f"/{kind.__name__}")
    else:
        assert schema["type"] == JSON_TYPES[kind]


#: Messages that HTTP has no use for: streams, and requests that path and query make there.
GRPC_ONLY = {
    "StreamShotRequest",
    "StreamShotResponse",
    "ReadBlobRequest",
    "ReadBlobResponse",
    "ListScenesRequest",
    "ListModelsRequest",
    "ListRuleSetsRequest",
    "ListStylesRequest",
    "DeleteStyleRequest",
    "GetUsageRequest",
    "DeleteWebhookRequest",
    "PingWebhookRequest",
    "ListWebhookDeliveriesRequest",
    "RedeliverWebhookRequest",
    "GetJobRequest",
    "ListJobsRequest",
    "ListJobItemsRequest",
    "DeleteJobRequest",
    "WatchJobRequest",
    "WatchJobResponse",
    "GetStyleTrainingRequest",
    "ListStyleTrainingsRequest",
    "CancelStyleTrainingRequest",
}


@pytest.mark.parametrize(
    ("field", "model"), [each for each in FIELDS if each.values[0].type == FieldDescriptor.TYPE_INT32]
)
def test_number_has_a_range_that_its_type_holds(field, model):
    schema = model.model_json_schema()
    schema = schema["properties"] if "properties" in schema else schema["$defs"][model.__name__]["properties"]
    assert schema[field.name]["minimum"] >= -(2**31)
    assert schema[field.name]["maximum"] < 2**31


@pytest.mark.parametrize("name", MESSAGES)
def test_filled_message_comes_back_the_same(name):
    proto, model = MESSAGES[name]
    message = filled(proto())
    copy = proto()
    copy.CopyFrom(message)
    assert to_proto(from_proto(copy, model), proto) == message


def filled(message):
    """Every field set to something that is not its default and that every model allows."""
    for field in message.DESCRIPTOR.fields:
        target = getattr(message, field.name)
        if field.is_repeated:
            filled(target.add()) if field.message_type else target.append(sample(field))
        elif field.message_type and field.message_type.full_name in WELL_KNOWN:
            target.seconds = 3
        elif field.message_type:
            filled(target)
        else:
            setattr(message, field.name, sample(field))
    return message


#: Of fields that take less than their type, by name.
PARTICULAR = {
    "background_color": "#0a0b0c",
    "color": "#0a0b0c",
    "to": "seagreen",
    "max_attempts": 8,
    "guidance": 8,
    "focal_length_mm": 50,
}


def sample(field):
    if field.name.endswith("_date"):
        return "2026-11-22"
    if field.name in PARTICULAR:
        return PARTICULAR[field.name]
    if field.containing_type.name == "PreservationThresholds":
        return 0.5
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"\x00\xff"
    return {
        FieldDescriptor.CPPTYPE_STRING: "text",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_FLOAT: 0.25,
        FieldDescriptor.CPPTYPE_ENUM: 1,
    }.get(field.cpp_type, 17)
