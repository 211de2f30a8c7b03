"""Whatever a stage raises, callers of gRPC and of HTTP get the one row of the table."""

import httpx
import pytest

from services.common import errors
from services.gateway.status import TABLE
from services.pb.vitrine.v1 import studio_pb2
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.unit.gateway.test_grpc_api import FakeContext


class Unforeseen(Exception):
    """No error of ours, with a text that nobody outside may see."""


async def parts(tmp_path, fault):
    """A gateway that was ready before the fault came up."""
    made = Parts(tmp_path)
    await made.readiness.require()
    made.fakes.faults["segment"] = fault
    return made


async def over_grpc(made, photo):
    context = FakeContext()
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    await made.grpc_api().CreateShot(request, context)
    return context


async def over_http(made, photo):
    transport = httpx.ASGITransport(made.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        return await client.post("/v1/shots", files={"image": ("a.jpg", photo)}, data={"scene_id": "white"})


@pytest.mark.parametrize("leaf", errors.LEAVES, ids=lambda leaf: leaf.__name__)
async def test_error_of_a_stage_is_one_row_of_the_table_at_both_edges(tmp_path, photo, leaf):
    made = await parts(tmp_path, leaf("what was wrong", retry_after_s=2))
    context, answer = await over_grpc(made, photo), await over_http(made, photo)
    row = TABLE[leaf.code]
    assert (context.code, answer.status_code) == (row.grpc, row.http)
    assert context.details == answer.json()["detail"] == "what was wrong"
    assert (answer.json()["code"], answer.json()["retryable"]) == (leaf.code, row.retryable)
    assert answer.headers["retry-after"] == "2"


async def test_error_that_is_none_of_ours_is_internal_at_both_edges_and_says_nothing(tmp_path, photo):
    made = await parts(tmp_path, Unforeseen("secret of 10.0.0.9"))
    context, answer = await over_grpc(made, photo), await over_http(made, photo)
    row = TABLE["internal"]
    assert (context.code, answer.status_code) == (row.grpc, row.http)
    assert "secret" not in context.details + answer.text


async def test_fault_of_a_selection_names_its_field_at_both_edges(tmp_path, photo):
    made = Parts(tmp_path)
    await made.readiness.require()
    context = FakeContext()
    selection = {"include_points": [{"x": 5, "y": 5}, {"x": 600, "y": 5}], "keep_mask": {"content": photo}}
    request = studio_pb2.CreateCutoutRequest(image={"content": photo}, selection=selection)
    await made.grpc_api().CreateCutout(request, context)
    transport = httpx.ASGITransport(made.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        answer = await client.post(
            "/v1/cutouts",
            files={"image": ("a.jpg", photo), "selection.keep_mask": ("b.jpg", photo)},
            data={"selection.include_points": ["5,5", "600,5"]},
        )
    assert answer.json()["details"]["field"] == "selection.include_points.1"
    assert context.details == answer.json()["detail"]
    assert (context.code, answer.status_code) == (TABLE["invalid_input"].grpc, 400)
