"""A service with a network that enlarges does so as requests and jobs wish; without one see `test_feature_errors`."""

import base64

import httpx
import pytest

from services.common.settings import GenerateSettings
from services.pb.vitrine.v1 import jobs_pb2
from services.workflow.drawing import DrawingPolicy
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.unit.gateway.test_grpc_api import FakeContext


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
