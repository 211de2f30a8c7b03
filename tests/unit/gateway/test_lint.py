"""Lint over HTTP and gRPC: one photo, its errors, the rule sets, and a job of it."""

import base64

import grpc
import httpx
import pytest

from services.pb.vitrine.v1 import lint_pb2
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import FakeContext
from tests.support.problems import problem_of


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, **options)


@pytest.fixture
def client(parts):
    def connect(**options):
        transport = httpx.ASGITransport(parts(**options).http_app(), client=("127.0.0.1", 4000))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    return connect


@pytest.fixture
def form(photo):
    return {"files": {"image": ("a.jpg", photo)}, "data": {"rule_set": "amazon-main", "fix": "true"}}


async def test_form_and_json_say_the_same(client, form, photo):
    body = {"image": {"content": base64.b64encode(photo).decode()}, "rule_set": "amazon-main", "fix": True}
    as_json, as_form = await client().post("/v1/lint", json=body), await client().post("/v1/lint", **form)
    assert as_json.json()["verdict"] == as_form.json()["verdict"]
    assert as_form.json()["verdict"]["passed"]


async def test_picture_of_a_fix_has_an_address_and_travels_inline(client, form):
    form["data"]["output.inline"] = "true"
    connected = client(failing={"lint": 1})
    fix = (await connected.post("/v1/lint", **form)).json()["fix"]
    assert base64.b64decode(fix["image"]["content"]) == (await connected.get(fix["image"]["url"])).content


async def test_photo_that_passes_has_no_fix(client, form):
    assert "fix" not in (await client().post("/v1/lint", **form)).json()


@pytest.mark.parametrize(
    ("data", "options", "code", "field"),
    [
        ({"rule_set": "nowhere"}, {}, "not_found", "rule_set"),
        ({"output.format": "AVIF"}, {}, "invalid_input", "output.format"),
        ({}, {"confidence": 0.0}, "product_not_found", None),
    ],
)
async def test_fault_is_a_problem(client, form, data, options, code, field):
    form["data"] |= data
    problem = problem_of(await client(**options).post("/v1/lint", **form))
    assert (problem["code"], problem.get("details", {}).get("field")) == (code, field)


async def test_call_is_made_once_by_its_key(parts, client, form):
    connected = client(failing={"lint": 1})
    headers = {"Idempotency-Key": "k1"}
    first, second = [(await connected.post("/v1/lint", **form, headers=headers)).json() for _ in range(2)]
    assert first["fix"]["image"]["key"] == second["fix"]["image"]["key"]


async def test_call_counts_as_one_picture(parts, form):
    made = parts()
    transport = httpx.ASGITransport(made.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as connected:
        await connected.post("/v1/lint", **form)
        usage = (await connected.get("/v1/usage")).json()
    assert usage["days"][0]["items"] == 1


async def test_prefer_respond_async_makes_a_job(client, form):
    answer = await client().post("/v1/lint", **form, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert answer.json()["job"]["lint"]["rule_set"] == "amazon-main"


async def test_rule_sets_are_listed_with_their_sources(client):
    found = (await client().get("/v1/rule-sets", params={"page_size": 1})).json()
    [first] = found["rule_sets"]
    assert (first["rule_set_id"], found["next_page_token"] != "") == ("amazon-main", True)
    assert first["rules"][0]["source_url"].startswith("https://")
    assert first["rules"][0]["level"] == "REQUIRED"


async def test_rpc_answers_the_verdict(parts, photo):
    context = FakeContext()
    request = lint_pb2.LintPhotoRequest(image={"content": photo}, rule_set="ebay", fix=True)
    answer = await parts(failing={"lint": 1}).grpc_api().LintPhoto(request, context)
    assert context.code is None
    assert not answer.verdict.passed
    assert answer.fix.verdict.passed
    assert answer.fix.image.key.startswith("fixes/local/")


async def test_rpc_names_the_rule_sets_there_are(parts, photo):
    context = FakeContext()
    await parts().grpc_api().LintPhoto(lint_pb2.LintPhotoRequest(image={"content": photo}, rule_set="x"), context)
    assert context.code is grpc.StatusCode.NOT_FOUND
    assert "amazon-main" in context.details


async def test_rpc_lists_rule_sets(parts):
    answer = await parts().grpc_api().ListRuleSets(lint_pb2.ListRuleSetsRequest(), FakeContext())
    assert "zalando-packshot" in {each.rule_set_id for each in answer.rule_sets}
