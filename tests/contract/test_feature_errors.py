"""What is wrong with a feature's request is refused by the same words over gRPC, over HTTP and in a job's recipe,
before any work, with the field that is wrong, what was got and what is wanted."""

import base64

import httpx
import numpy as np
import pytest
from google.protobuf.json_format import ParseDict

from services.gateway.status import TABLE
from services.pb.vitrine.v1 import jobs_pb2, lint_pb2, studio_pb2
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import FakeContext
from tests.support.photos import encoded
from tests.support.problems import problem_of

#: By method: the RPC, its request, and the route.
METHODS = {
    "cutout": ("CreateCutout", studio_pb2.CreateCutoutRequest, "/v1/cutouts"),
    "shot": ("CreateShot", studio_pb2.CreateShotRequest, "/v1/shots"),
    "lint": ("LintPhoto", lint_pb2.LintPhotoRequest, "/v1/lint"),
}

MASK = base64.b64encode(encoded(np.full((16, 16, 3), 255, np.uint8), "PNG")).decode()

#: What is asked for, of which code the refusal is, which field it names, and what it says.
FAULTS = {
    "recolour: no colour's name": (
        "cutout", {"recolour": {"to": "seagren"}}, "invalid_input", "recolour.to", ["seagren", "seagreen", "#rrggbb"],
    ),
    "recolour: a mask alone": (
        "shot", {"recolour": {"mask": {"content": MASK}}}, "invalid_input", "recolour.to", ["missing"],
    ),
    "cover: a text that is too long": (
        "shot", {"cover": {"masthead": "x" * 25}}, "invalid_input", "cover.masthead", ["at most 24", "25"],
    ),
    "cover: a character without a glyph": (
        "shot", {"cover": {"lines": [{"title": "a", "text": "\u4e2d"}]}}, "invalid_input", "cover.lines.0.text",
        ["no font", "U+4E2D", "Latin"],
    ),
    "cover: a colour that is none": (
        "shot", {"cover": {"price": "1", "color": "red"}}, "invalid_input", "cover.color", ["'red'", "#rrggbb"],
    ),
    "cover: a page without room": (
        "shot", {"cover": {"price": "1"}, "canvas": {"width": 800, "height": 479}}, "invalid_input", "canvas.height",
        ["480", "800 x 479"],
    ),
    "lint: an unknown rule set": (
        "lint", {"rule_set": "nowhere"}, "not_found", "rule_set", ["'nowhere'", "amazon-main"],
    ),
    "perspective: a roll beyond its range": (
        "shot", {"camera_roll_deg": 30.5}, "invalid_input", "camera_roll_deg", ["-30 to 30", "30.5"],
    ),
    "perspective: no lens": (
        "shot", {"focal_length_mm": 5.5}, "invalid_input", "focal_length_mm", ["10 to 600", "5.5"],
    ),
    "perspective: a pitch that the scene has not": (
        "shot", {"scene_id": "podium", "camera_pitch_deg": 89.5}, "invalid_input", "camera_pitch_deg",
        ["podium", "89.5"],
    ),
    "mannequin: more points than are read": (
        "cutout", {"selection": {"ghost_mannequin": True, "include_points": [{"x": 1, "y": 1}] * 65}}, "invalid_input",
        "selection.include_points", ["at most 64", "65"],
    ),
    "upscaling: by a service without a network": (
        "shot", {"upscale": True}, "invalid_input", "upscale", ["leave it out", "generate.upscale.network"],
    ),
}  # fmt: skip


@pytest.fixture
async def parts(tmp_path):
    made = Parts(tmp_path)
    await made.readiness.require()
    return made


async def over_grpc(parts, rpc, message):
    context = FakeContext()
    await getattr(parts.grpc_api(), rpc)(message, context)
    return context


async def over_http(parts, path, body):
    transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        return problem_of(await client.post(path, json=body))


@pytest.mark.parametrize("fault", FAULTS)
async def test_refusal_is_one_everywhere(parts, photo, fault):
    method, asked, code, field, words = FAULTS[fault]
    rpc, message, path = METHODS[method]
    wanted = ({"scene_id": "white"} if method == "shot" else {}) | asked
    item = {"image": {"content": base64.b64encode(photo).decode()}}
    context = await over_grpc(parts, rpc, ParseDict(wanted | item, message()))
    answer = await over_http(parts, path, wanted | item)
    of_job = await over_http(parts, "/v1/jobs", {method: wanted, "items": [item]})
    row = TABLE[code]
    assert (context.code, answer["status"], of_job["status"]) == (row.grpc, row.http, row.http)
    assert (answer["details"]["field"], of_job["details"]["field"]) == (field, f"{method}.{field}")
    assert context.details == answer["detail"]
    assert of_job["detail"].removeprefix(f"{method}.") == answer["detail"]
    assert all(word in answer["detail"] for word in words)
    assert not parts.fakes.requests


async def test_item_that_asks_for_the_impossible_is_told_beside_its_job_before_any_work(parts, photo):
    image = {"content": base64.b64encode(photo).decode()}
    faulty = {"key": "b", "image": image, "shot": {"cover": {"masthead": "\u4e2d"}}}
    job = {"shot": {"scene_id": "white"}, "items": [{"key": "a", "image": image}, faulty]}
    answer = await over_http(parts, "/v1/jobs", job)
    assert answer["details"]["field"] == "items.1.shot.cover.masthead"
    tried = await over_grpc(parts, "CreateJob", ParseDict(job, jobs_pb2.CreateJobRequest()))
    assert tried.details == answer["detail"]
