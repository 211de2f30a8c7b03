"""Styles over both protocols; that adapters are checked well is tested in `tests/unit/generate`."""

import asyncio
import base64

import grpc
import httpx
import pytest

from services.common.errors import InvalidInput
from services.gateway.styles import AT_ONCE
from services.pb.vitrine.v1 import catalog_pb2, studio_pb2
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import FakeContext
from tests.support.patience import until

DATA = b"an adapter"


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path, draws=True, styles={"max_mb": 1, "max_per_tenant": 2})


@pytest.fixture
async def http(parts):
    transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


def body(style_id="linen", data=DATA, **fields):
    return {"style_id": style_id, "adapter": {"content": base64.b64encode(data).decode()}, **fields}


def stored(parts):
    return [info.key for info in parts.store.under("styles")]


async def test_style_is_made_listed_and_removed_over_http(http, parts):
    made = await http.post("/v1/styles", json=body(description="unbleached"))
    assert made.status_code == 201
    style = made.json()["style"]
    assert style.items() >= {"style_id": "linen", "rank": 4, "networks": ["unet"], "description": "unbleached"}.items()
    assert (await http.get("/v1/styles")).json() == {"styles": [style], "next_page_token": ""}
    assert (await http.delete("/v1/styles/linen")).status_code == 204
    assert (await http.get("/v1/styles")).json()["styles"] == []
    gone = await http.delete("/v1/styles/linen")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


async def test_adapter_comes_as_a_file_of_a_form(http, parts):
    made = await http.post("/v1/styles", data={"style_id": "linen"}, files={"adapter": ("a.safetensors", DATA)})
    assert made.status_code == 201
    assert parts.fakes.requests["examine"].style.sha256 == made.json()["style"]["sha256"]


async def test_adapter_comes_as_an_upload(http):
    kind = "application/vnd.safetensors"
    upload = (await http.post("/v1/uploads", json={"media_type": kind, "size_bytes": len(DATA)})).json()
    headers = {each["name"]: each["value"] for each in upload["headers"]}
    assert (await http.put(upload["url"], content=DATA, headers=headers)).status_code == 200
    made = await http.post("/v1/styles", json={"style_id": "linen", "adapter": {"blob_key": upload["key"]}})
    assert made.json()["style"]["size_bytes"] == len(DATA)


async def test_style_is_made_and_listed_over_grpc(parts):
    request = catalog_pb2.CreateStyleRequest(style_id="linen", adapter={"content": DATA})
    made = await parts.grpc_api().CreateStyle(request, FakeContext())
    listed = await parts.grpc_api().ListStyles(catalog_pb2.ListStylesRequest(), FakeContext())
    assert list(listed.styles) == [made.style]
    assert made.style.shared, "callers on this machine are the tenant that shares"
    await parts.grpc_api().DeleteStyle(catalog_pb2.DeleteStyleRequest(style_id="linen"), FakeContext())
    assert stored(parts) == ["styles/local/index.json"]


async def test_adapter_that_does_not_fit_leaves_nothing(http, parts):
    parts.fakes.faults["examine"] = InvalidInput("the adapter was made for another architecture", tensor="x")
    refused = await http.post("/v1/styles", json=body())
    problem = refused.json()
    assert (refused.status_code, problem["details"]) == (400, {"tensor": "x", "field": "adapter"})
    assert problem["detail"] == "adapter: the adapter was made for another architecture"
    assert stored(parts) == []


@pytest.mark.parametrize(
    ("wanted", "status", "field"),
    [
        (body(style_id="Linen!"), 400, "style_id"),
        (body(style_id="../linen"), 400, "style_id"),
        ({"adapter": {"content": "AAAA"}}, 400, "style_id"),
        ({"style_id": "linen"}, 400, "adapter"),
        ({"style_id": "linen", "adapter": {"content": "AAAA", "blob_key": "uploads/local/a"}}, 400, "adapter"),
        ({"style_id": "linen", "adapter": {"blob_key": "uploads/other/a"}}, 404, "key"),
        (body(data=b"x" * ((1 << 20) + 1)), 413, "adapter"),
        (body(description="two\nlines"), 400, "description"),
    ],
    ids=["id", "path", "no id", "no adapter", "two adapters", "another's upload", "too large", "description"],
)
async def test_what_is_wrong_is_told_with_its_field(http, parts, wanted, status, field):
    refused = await http.post("/v1/styles", json=wanted)
    assert (refused.status_code, refused.json()["details"]["field"]) == (status, field)
    assert stored(parts) == []


async def test_same_style_again_is_the_same_and_another_a_conflict(http, parts):
    first = (await http.post("/v1/styles", json=body())).json()
    parts.fakes.requests.clear()
    assert (await http.post("/v1/styles", json=body())).json() == first
    assert parts.fakes.requests == {}, "it was examined before"
    other = await http.post("/v1/styles", json=body(data=b"another"))
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def test_only_so_many_are_taken_in_at_once(http, parts):
    parts.fakes.slow["examine"] = asyncio.Event()
    making = [asyncio.create_task(http.post("/v1/styles", json=body(name))) for name in ("linen", "dusk", "snow")]
    await parts.fakes.reached("examine")
    await until(lambda: len(stored(parts)) >= AT_ONCE)
    await asyncio.sleep(0.05)  # a third would have come by now
    assert len(stored(parts)) == AT_ONCE
    parts.fakes.slow["examine"].set()
    assert sorted([(await each).status_code for each in making]) == [201, 201, 400], "a tenant may have two"


async def test_service_of_plates_takes_no_styles(tmp_path):
    parts = Parts(tmp_path)
    context = FakeContext()
    request = catalog_pb2.CreateStyleRequest(style_id="linen", adapter={"content": DATA})
    await parts.grpc_api().CreateStyle(request, context)
    assert (context.code, "it has no styles" in context.details) == (grpc.StatusCode.INVALID_ARGUMENT, True)


async def test_shot_is_drawn_with_the_styles_that_it_names(http, parts, photo):
    await http.post("/v1/styles", json=body())
    form = {"scene_id": "white", "styles": ["linen,0.5"]}
    made = await http.post("/v1/shots", data=form, files={"image": ("a.jpg", photo)})
    assert made.status_code == 200
    [style] = parts.fakes.requests["generate"].drawing.styles
    assert (style.style_id, style.weight) == ("linen", 0.5)


async def test_style_that_there_is_none_of_is_not_found(parts, photo):
    context = FakeContext()
    shot = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", styles=[{"style_id": "nylon"}])
    await parts.grpc_api().CreateShot(shot, context)
    assert context.code is grpc.StatusCode.NOT_FOUND
    assert context.details == "styles.0.style_id: there is no style 'nylon'"


async def test_job_of_a_style_that_there_is_none_of_is_not_made(http, photo):
    recipe = {"scene_id": "white", "styles": [{"style_id": "linen"}]}
    items = [{"image": {"content": base64.b64encode(photo).decode()}}]
    refused = await http.post("/v1/jobs", json={"shot": recipe, "items": items})
    assert (refused.status_code, refused.json()["details"]["field"]) == (404, "shot.styles.0.style_id")
    await http.post("/v1/styles", json=body())
    assert (await http.post("/v1/jobs", json={"shot": recipe, "items": items})).status_code == 201
