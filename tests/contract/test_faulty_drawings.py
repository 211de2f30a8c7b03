"""What a diffusion can't draw is refused before any work, with field and range, alike at both edges."""

import base64
import math

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2

from services.pb.vitrine.v1 import studio_pb2
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.unit.gateway.test_grpc_api import FakeContext

FAULTS = [
    ({"prompt": "x" * 2001}, "prompt", "at most 2000 characters are wanted, got 2001"),
    ({"negative_prompt": "x" * 2001}, "negative_prompt", "at most 2000 characters are wanted, got 2001"),
    ({"prompt": "a\x00b"}, "prompt", "text without control characters is wanted, got U+0000 at 1"),
    ({"prompt": "two\nlines"}, "prompt", "text without control characters is wanted, got U+000A at 3"),
    ({"words": {"light": "x" * 201}}, "words.light", "at most 200 characters are wanted, got 201"),
    ({"words": {"season": "\x1b[2J"}}, "words.season", "text without control characters is wanted, got U+001B at 0"),
    ({"steps": 101}, "steps", "a whole number from 0 to 100 is wanted, got 101"),
    ({"steps": -1}, "steps", "a whole number from 0 to 100 is wanted, got -1"),
    ({"guidance": 0.5}, "guidance", "a number from 1 to 30 is wanted, got 0.5"),
    ({"guidance": 31.0}, "guidance", "a number from 1 to 30 is wanted, got 31.0"),
    ({"plate_strength": 1.5}, "plate_strength", "a number from 0 to 1 is wanted, got 1.5"),
    ({"plate_strength": -0.5}, "plate_strength", "a number from 0 to 1 is wanted, got -0.5"),
    ({"styles": [{"style_id": "linen", "weight": 2.5}]}, "styles.0.weight", "a number from -2 to 2 is wanted, got 2.5"),
    ({"styles": [{"style_id": "x" * 64}]}, "styles.0.style_id", "at most 63 characters are wanted, got 64"),
    ({"styles": [{"style_id": "linen"}] * 5}, "styles", "at most 4 are wanted, got 5"),
    ({"styles": [{"style_id": "linen"}] * 2}, "styles", "each style once is wanted, got 'linen' twice"),
    ({"scheduler": 9}, "scheduler", "'DDIM', 'EULER', 'DPMPP_2M' or 'LCM' is wanted, got 9"),
]
EACH = pytest.mark.parametrize(
    ("fields", "field", "message"), FAULTS, ids=[f"{field}: {message[:60]}" for _, field, message in FAULTS]
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return Parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture
def post(parts, photo):
    """Sends a shot as JSON."""

    async def answer(fields):
        transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
        body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white", **fields}
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            return await client.post("/v1/shots", json=body)

    return answer


@EACH
async def test_fault_over_grpc_names_its_field_and_what_is_wanted(parts, fields, field, message):
    context = FakeContext()
    await parts.grpc_api().CreateShot(studio_pb2.CreateShotRequest(**fields), context)
    assert context.code is grpc.StatusCode.INVALID_ARGUMENT
    assert context.details == f"{field}: {message}"
    violation = error_details_pb2.BadRequest()
    assert context.status.details[2].Unpack(violation)
    assert violation.field_violations[0].field == field


@EACH
async def test_fault_over_http_names_its_field_and_what_is_wanted(post, fields, field, message):
    problem = (await post(fields)).json()
    assert (problem["status"], problem["code"], problem["detail"]) == (400, "invalid_input", f"{field}: {message}")
    assert problem["details"]["field"] == field


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "seven"])
async def test_seed_that_is_no_uint32_is_refused(post, seed):
    """Over gRPC the type itself leaves room for no other."""
    problem = (await post({"seed": seed})).json()
    assert problem["code"] == "invalid_input"
    assert problem["detail"].startswith("seed: a whole number from 0 to 4294967295 is wanted, got")
    details = problem["details"]
    assert (details["field"], details["min"], details["max"]) == ("seed", 0, 2**32 - 1)


async def test_number_that_is_none_is_refused_over_grpc(parts):
    context = FakeContext()
    await parts.grpc_api().CreateShot(studio_pb2.CreateShotRequest(guidance=math.nan), context)
    assert context.details == "guidance: a number from 1 to 30 is wanted, got nan"


async def test_weight_that_is_no_number_is_refused_over_grpc(parts):
    context = FakeContext()
    styles = [{"style_id": "linen", "weight": math.nan}]
    await parts.grpc_api().CreateShot(studio_pb2.CreateShotRequest(styles=styles), context)
    assert context.details == "styles.0.weight: a number from -2 to 2 is wanted, got nan"


async def test_previews_out_of_range_are_refused_over_grpc(parts):
    context = FakeContext()
    request = studio_pb2.StreamShotRequest(preview_every=101)
    assert [each async for each in parts.grpc_api().StreamShot(request, context)] == [studio_pb2.StreamShotResponse()]
    assert context.details == "preview_every: a whole number from 0 to 100 is wanted, got 101"
