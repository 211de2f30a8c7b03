"""Styles and their trainings, asked for with another tenant's key."""

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass

from services.pb.vitrine.v1 import catalog_pb2, studio_pb2, trainings_pb2
from tests.support.gateway_parts import Parts
from tests.support.grpc_context import ELSEWHERE, FakeContext
from tests.support.rpcs import METHODS, TRAININGS, answered


@pytest.fixture
async def drawing(tmp_path):
    """A service that draws, with a style of acme's; another tenant's key, and acme's own."""
    parts = Parts(tmp_path, draws=True)
    acme, other = (f"Bearer {parts.new_key(name)}" for name in ("acme", "other"))
    new = catalog_pb2.CreateStyleRequest(style_id="linen", adapter={"content": b"an adapter"})
    await parts.grpc_api().CreateStyle(new, FakeContext([("authorization", acme)]))
    return parts, other, acme


@pytest.mark.parametrize("style_id", ["linen", "nylon"])
async def test_style_of_another_tenant_is_not_found_as_one_that_nobody_has(drawing, photo, style_id):
    parts, other, _ = drawing
    shot = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", styles=[{"style_id": style_id}])
    for method, message in (("DeleteStyle", catalog_pb2.DeleteStyleRequest(style_id=style_id)), ("CreateShot", shot)):
        context = FakeContext([("authorization", other)], ELSEWHERE)
        await answered(parts.grpc_api(), method, context, message)
        assert context.code is grpc.StatusCode.NOT_FOUND
        assert context.details.endswith(f"no style '{style_id}'")


async def test_styles_of_another_tenant_are_not_listed(drawing):
    parts, other, acme = drawing
    for key, known in ((other, []), (acme, ["linen"])):
        context = FakeContext([("authorization", key)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), "ListStyles", context)
        assert [each.style_id for each in answer.styles] == known


@pytest.fixture
async def training(tmp_path, photo):
    """A service that trains, with a training of acme's: its id, another tenant's key, and acme's own."""
    parts = Parts(tmp_path, draws=True, training={"enabled": True})
    acme, other = (f"Bearer {parts.new_key(name)}" for name in ("acme", "other"))
    answer = await new_training(parts, acme, parts.store.put("uploads/acme/a.jpg", photo, "image/jpeg").key)
    return parts, answer.training.training_id, other, acme


async def new_training(parts, key, blob_key, context=None):
    new = trainings_pb2.CreateStyleTrainingRequest(style_id="linen", words="linen", pictures=[{"blob_key": blob_key}])
    context = context or FakeContext([("authorization", key)], ELSEWHERE)
    [answer] = await answered(parts.grpc_api(), "CreateStyleTraining", context, new)
    return answer


@pytest.mark.parametrize("method", sorted(TRAININGS))
async def test_training_of_another_tenant_is_not_found_as_one_that_nobody_has(training, method):
    parts, training_id, other, _ = training
    told = []
    for wanted in (training_id, "0" * 32):
        context = FakeContext([("authorization", other)], ELSEWHERE)
        message = GetMessageClass(METHODS[method].input_type)(training_id=wanted)
        [answer] = await answered(parts.grpc_api(), method, context, message)
        told.append((context.code, context.details, answer))
    assert told[0] == told[1]
    assert told[0][0] is grpc.StatusCode.NOT_FOUND


async def test_trainings_of_another_tenant_are_not_listed(training):
    parts, training_id, other, acme = training
    for key, known in ((other, []), (acme, [training_id])):
        context = FakeContext([("authorization", key)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), "ListStyleTrainings", context)
        assert [each.training_id for each in answer.trainings] == known


async def test_training_on_another_tenants_picture_is_refused_as_on_one_that_nobody_has(training):
    parts, _, other, _ = training
    told = []
    for blob_key in ("uploads/acme/a.jpg", "uploads/nobody/a.jpg"):
        context = FakeContext([("authorization", other)], ELSEWHERE)
        assert await new_training(parts, other, blob_key, context) == trainings_pb2.CreateStyleTrainingResponse()
        told.append((context.code, context.details))
    assert told[0] == told[1]
    assert told[0][0] is grpc.StatusCode.NOT_FOUND
