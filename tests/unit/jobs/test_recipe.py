"""Recipe and overrides, held against protobuf's own merging."""

import json

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st

from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.errors import InvalidInput
from services.jobs.recipe import merged, method_of, request_of, said
from services.jobs.schema import Task
from services.pb.vitrine.v1 import studio_pb2

IMAGE = st.sampled_from([{"url": "https://a.example/x"}, {"blob_key": "uploads/acme/a.png"}])
POINTS = st.lists(st.fixed_dictionaries({"x": st.integers(1, 9)}), min_size=1, max_size=2)


def some_of(**fields):
    """Objects that set some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


#: What a request may set, with a value that is none of protobuf's unset ones.
FIELDS = some_of(
    scene_id=st.sampled_from(["white", "marble"]),
    seed=st.integers(0, 9),
    canvas=some_of(padding=st.sampled_from([0.0, 0.25]), scale=st.sampled_from([0.5, 2.0])),
    output=some_of(format=st.sampled_from(["PNG", "WEBP"]), quality=st.integers(1, 100)),
    selection=some_of(
        keep_mask=IMAGE, include_points=POINTS, exclude_points=POINTS, ghost_mannequin=st.sampled_from([True])
    ),
    thresholds=some_of(ghost=st.sampled_from([0.75, 1.0]), halo=st.sampled_from([0.75, 1.0])),
    layers=st.lists(st.sampled_from(["SHADOW", "ALPHA"]), min_size=1, max_size=2),
    reference=IMAGE,
    recolour=some_of(to=st.sampled_from(["seagreen", "#2e8b57"]), mask=IMAGE),
    deterministic=st.sampled_from([True]),
)


def task(**fields):
    given = {
        "tenant": "acme", "job_id": "j", "number": 3, "key": "k", "fence": 1, "attempt": 1, "method": "shot",
        "recipe": '{"scene_id":"white"}', "overrides": None, "image": '{"url":"https://a.example/x"}',
    }  # fmt: skip
    return Task(**{**given, **fields})


def without_lists(message, other):
    """Protobuf appends lists where ours are taken whole: those that the other message has go first."""
    for field, value in other.ListFields():
        if field.is_repeated:
            message.ClearField(field.name)
        elif field.type == FieldDescriptor.TYPE_MESSAGE and message.HasField(field.name):
            without_lists(getattr(message, field.name), value)


@given(FIELDS, FIELDS)
def test_merging_is_protobufs_but_for_lists(recipe, overrides):
    both = ParseDict(recipe, studio_pb2.CreateShotRequest())
    over = ParseDict(overrides, studio_pb2.CreateShotRequest())
    without_lists(both, over)
    both.MergeFrom(over)
    wanted = CreateShotRequest.model_validate(MessageToDict(both, preserving_proto_field_name=True))
    assert CreateShotRequest.model_validate(merged(recipe, overrides)) == wanted


@given(FIELDS, FIELDS)
def test_item_is_asked_for_as_the_merged_json_says(recipe, overrides):
    texts = {
        name: said(CreateShotRequest.model_validate(value)) for name, value in (("r", recipe), ("o", overrides))
    }  # fmt: skip
    asked = request_of(task(recipe=texts["r"], overrides=texts["o"]))
    fields = {"seed": asked.seed, **merged(recipe, overrides), "image": {"url": "https://a.example/x"}}
    assert asked == CreateShotRequest.model_validate(fields)


def test_null_says_nothing():
    assert said(CreateShotRequest.model_validate_json('{"seed":null,"scene_id":"white"}')) == '{"scene_id":"white"}'


@pytest.mark.parametrize("request_", [CreateShotRequest(), CreateCutoutRequest()])
def test_method_is_the_requests(request_):
    asked = request_of(task(method=method_of(request_), recipe=said(request_)))
    assert type(asked) is type(request_)


def test_item_without_a_seed_has_one_of_its_own():
    seeds = {request_of(task(job_id=job, key=key)).seed for job in "ab" for key in "xy"}
    assert len(seeds) == 4
    assert request_of(task(fence=2, attempt=2)) == request_of(task())


@pytest.mark.parametrize("fields", [{"recipe": '{"seed":5}'}, {"overrides": '{"seed":5}'}])
def test_seed_that_is_named_counts(fields):
    assert request_of(task(**fields)).seed == 5


def test_recipe_of_another_version_is_told():
    with pytest.raises(InvalidInput, match="glow"):
        request_of(task(recipe=json.dumps({"glow": 1})))
