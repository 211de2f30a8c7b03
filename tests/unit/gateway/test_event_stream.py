"""A shot's progress over HTTP: events as browsers read them, errors in their place, and an end when nobody listens."""

import asyncio
import base64
import json
import re

import httpx
import pytest

from services.common.errors import StorageUnavailable
from tests.support.asgi_call import AsgiCall
from tests.support.gateway_parts import PUBLIC_URL, Parts

ACCEPT = {"Accept": "text/event-stream"}
BLOCK = re.compile(r"event: (?P<event>\w+)\ndata: (?P<data>.*)(\nid: (?P<id>\d+))?")


@pytest.fixture
def made(tmp_path):
    return lambda **options: Parts(tmp_path, draws=True, **options)


@pytest.fixture
def form(photo):
    return {"files": {"image": ("a.jpg", photo)}, "data": {"scene_id": "white", "seed": "1", "steps": "4"}}


def client_of(parts):
    transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=ACCEPT)


def events_of(answer):
    """Name, number and decoded data of each event; comments are left out."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    blocks = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    found = [BLOCK.fullmatch(block) for block in blocks]
    return [(each["event"], int(each["id"] or 0), json.loads(each["data"])) for each in found]


async def test_stages_and_steps_are_told_in_order_and_the_shot_comes_last(made, form):
    events = events_of(await client_of(made()).post("/v1/shots", **form))
    assert [number for _, number, _ in events] == list(range(1, len(events) + 1))
    assert [data["step"] for name, _, data in events if name == "step"] == [1, 2, 3, 4]
    assert [data["stage"] for name, _, data in events if name == "stage"][::2] == [
        "DECODE", "SEGMENT", "LAYOUT", "GENERATE", "POSTPROCESS",
    ]  # fmt: skip
    name, _, shot = events[-1]
    assert (name, shot["scene_id"], shot["seed"]) == ("shot", "white", 1)


async def test_previews_come_as_often_as_they_are_asked_for(made, form):
    answer = await client_of(made()).post("/v1/shots?preview_every=2", **form)
    steps = [data for name, _, data in events_of(answer) if name == "step"]
    assert ["preview" in step for step in steps] == [False, True, False, True]
    assert base64.b64decode(steps[1]["preview"]).startswith(b"\xff\xd8")


async def test_error_at_work_is_the_last_event(made, form):
    broken = made(faults={"postprocess": StorageUnavailable("away", retry_after_s=2)})
    answer = await client_of(broken).post("/v1/shots", **form, headers={"X-Request-Id": "mine-1"})
    name, _, problem = events_of(answer)[-1]
    assert (answer.status_code, name) == (200, "error")
    assert (problem["status"], problem["code"], problem["retryable"]) == (503, "storage_unavailable", True)
    assert problem["request_id"] == "mine-1"


@pytest.mark.parametrize(
    ("query", "fields", "code", "status"),
    [
        ("", {"scene_id": "moon"}, "not_found", 404),
        ("", {"steps": "101"}, "invalid_input", 400),
        ("?preview_every=101", {}, "invalid_input", 400),
        ("?previews=1", {}, "invalid_input", 400),
    ],
    ids=["scene", "steps", "preview_every", "misspelt"],
)
async def test_error_before_any_work_has_its_own_status(made, form, query, fields, code, status):
    answer = await client_of(made()).post(f"/v1/shots{query}", files=form["files"], data=form["data"] | fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_silence_is_broken_by_comments(made, form):
    held = asyncio.Event()
    parts = made(slow={"segment": held}, heartbeat_s=0.01)
    call = asyncio.create_task(client_of(parts).post("/v1/shots", **form))
    await parts.fakes.reached("segment")
    await asyncio.sleep(0.1)
    held.set()
    answer = await call
    assert answer.text.count(": ping\n\n") >= 2
    assert events_of(answer)[-1][0] == "shot"


async def test_caller_who_hangs_up_stops_the_work_and_is_counted(made, photo):
    parts = made(slow={"segment": asyncio.Event()})
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white"}
    call = AsgiCall(parts.http_app(), "/v1/shots", body, ACCEPT["Accept"])
    await parts.fakes.reached("segment")
    await call.hang_up()
    assert parts.fakes.cancelled == ["segment"]
    assert call.open
    labels = (("method", "StreamShot"), ("outcome", "cancelled"), ("protocol", "http"))
    assert parts.metrics.values["vitrine_requests_total", labels] == [1]
