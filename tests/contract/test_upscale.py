"""A service without a network refuses to upscale in the same words over gRPC, HTTP and in jobs; one with it does it."""

import base64

import grpc
import httpx
import pytest

from services.common.settings import GenerateSettings
from services.pb.vitrine.v1 import jobs_pb2, studio_pb2
from services.workflow.drawing import DrawingPolicy
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.unit.gateway.test_grpc_api import FakeContext

REFUSED = "upscale is for services with a network that enlarges backgrounds"


@pytest.fixture
async def parts(tmp_path):
    made = Parts(tmp_path)
    await made.readiness.require()
    return made


@pytest.fixture
async def upscaling(tmp_path):
    made = Parts(tmp_path)
    made.workflow._drawings = DrawingPolicy(GenerateSettings(upscale={"network": "any", "unasked": False}))
    await made.readiness.require()
    return made


async def posted(made, path, **sent):
    transport = httpx.ASGITransport(made.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        return await client.post(path, **sent)


async def test_refusal_over_grpc(parts, photo):
    context = FakeContext()
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", upscale=True)
    await parts.grpc_api().CreateShot(request, context)
    assert context.code is grpc.StatusCode.INVALID_ARGUMENT
    assert context.details.startswith(REFUSED)


async def test_refusal_over_http(parts, photo):
    files, data = {"image": ("a.jpg", photo)}, {"scene_id": "white", "upscale": "true"}
    answer = await posted(parts, "/v1/shots", files=files, data=data)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["details"]["field"]) == (400, "invalid_input", "upscale")
    assert problem["detail"].startswith(REFUSED)


async def test_refusal_of_a_job_before_any_item(parts, photo):
    recipe = {"scene_id": "white", "upscale": True}
    items = [{"image": {"content": base64.b64encode(photo).decode()}}]
    answer = await posted(parts, "/v1/jobs", json={"shot": recipe, "items": items})
    assert answer.status_code == 400
    assert REFUSED in answer.text


async def test_job_over_grpc_keeps_the_wish(upscaling, photo):
    context = FakeContext()
    request = jobs_pb2.CreateJobRequest(
        shot={"scene_id": "white", "upscale": True}, items=[{"image": {"content": photo}}]
    )
    answer = await upscaling.grpc_api().CreateJob(request, context)
    assert answer.job.counts.total == 1


@pytest.mark.parametrize("asked", [True, False])
async def test_wish_reaches_generation(upscaling, photo, asked):
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white", "upscale": asked}
    assert (await posted(upscaling, "/v1/shots", json=body)).status_code == 200
    assert upscaling.fakes.requests["generate"].upscale is asked
