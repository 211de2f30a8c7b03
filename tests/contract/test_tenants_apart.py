"""Every RPC and every route, found in the descriptors and in the OpenAPI, with the wrong key and with another's.

What is new here fails until it says what of a tenant's it hands out.
"""

import grpc
import httpx
import pytest
from google.protobuf.message_factory import GetMessageClass

from services.gateway.openapi import document
from services.pb.vitrine.v1 import (
    jobs_pb2,
    studio_pb2,
    webhooks_pb2,
)
from services.tenants.caller import Scope
from services.tenants.secret import ApiKey
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import ELSEWHERE, LOCAL, FakeContext
from tests.support.rpcs import METHODS, TRAININGS, answered


def key_fields(message, path=()):
    for field in message.fields:
        if field.message_type and field.message_type.full_name.startswith("vitrine."):
            yield from key_fields(field.message_type, (*path, field.name))
        elif field.name.endswith("key"):
            yield (*path, field.name)


ROUTES = [
    (verb.upper(), path) for path, item in document(Parts().http_app())["paths"].items() for verb in item
]  # fmt: skip

#: Anyone may call: health; and addresses that carry their own signature.
PUBLIC_ROUTES = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/v1/blobs/{key}"), ("PUT", "/v1/blobs/{key}")}
#: What hands out something made for a tenant, or tells of it. Each has a test below, or in test_styles_apart.py.
WEBHOOKS = {
    "UpdateWebhook", "DeleteWebhook", "RotateWebhookSecret", "PingWebhook", "RedeliverWebhook", "ListWebhooks",
    "ListWebhookDeliveries",
}  # fmt: skip
JOBS = {
    "AddJobItems", "GetJob", "ListJobItems", "CancelJob", "PauseJob", "ResumeJob", "RetryJob", "DeleteJob", "WatchJob",
    "CreateJobManifest",
}  # fmt: skip
STYLES = {"ListStyles", "DeleteStyle"}
OWNED = {"ReadBlob", "GetUsage", "ListJobs", "ListStyleTrainings"} | JOBS | WEBHOOKS | STYLES | TRAININGS
#: Every field of a request, however deep, that names a file: another's is not found. Jobs and trainings have tests of
#: their own.
KEY_FIELDS = [
    pytest.param(method, path, id=f"{method}-{'.'.join(path)}")
    for method in METHODS
    if METHODS[method].containing_service.name not in ("JobService", "TrainingService")
    for path in key_fields(METHODS[method].input_type)
]
#: What hands out what it has just made for its caller, or what belongs to nobody.
OWNERLESS = {
    "CreateCutout", "CreateShot", "StreamShot", "LintPhoto", "ListScenes", "ListModels", "ListRuleSets", "CreateJob",
    "CreateUpload", "CreateWebhook", "CreateStyle", "CreateStyleTraining",
}  # fmt: skip
#: Other services' dialects, each with its own words and status for a wrong key.
DIALECTS = {("POST", "/v1.0/removebg"): 403, ("POST", "/v1/images/edits"): 401, ("POST", "/v1/images/generations"): 401}
WEBHOOK_ROUTES = {
    ("GET", "/v1/webhooks"), ("PATCH", "/v1/webhooks/{webhook_id}"), ("DELETE", "/v1/webhooks/{webhook_id}"),
    ("POST", "/v1/webhooks/{webhook_id}/rotate"), ("POST", "/v1/webhooks/{webhook_id}/ping"),
    ("GET", "/v1/webhook-deliveries"), ("POST", "/v1/webhook-deliveries/{delivery_id}/redeliver"),
}  # fmt: skip
JOB = "/v1/jobs/{job_id}"
JOB_ROUTES = {
    ("GET", JOB), ("DELETE", JOB), ("GET", f"{JOB}/items"), ("POST", f"{JOB}/items"), ("GET", f"{JOB}/events"),
    *(("POST", f"{JOB}/{deed}") for deed in ("cancel", "pause", "resume", "retry", "manifest")),
}  # fmt: skip
TRAINING = "/v1/style-trainings/{training_id}"
OWNED_ROUTES = {
    ("GET", "/v1/usage"), ("GET", "/v1/blobs/{key}"), ("PUT", "/v1/blobs/{key}"), ("GET", "/v1/jobs"), *JOB_ROUTES,
    *WEBHOOK_ROUTES, ("GET", "/v1/styles"), ("DELETE", "/v1/styles/{style_id}"),
    ("GET", "/v1/style-trainings"), ("GET", TRAINING), ("POST", f"{TRAINING}/cancel"),
}  # fmt: skip
OWNERLESS_ROUTES = {
    ("POST", "/v1/cutouts"), ("POST", "/v1/shots"), ("GET", "/v1/scenes"), ("GET", "/v1/models"),
    ("POST", "/v1/lint"), ("GET", "/v1/rule-sets"),
    ("POST", "/v1/jobs"), ("POST", "/v1/uploads"), ("POST", "/v1/webhooks"), ("POST", "/v1/styles"),
    ("POST", "/v1/style-trainings"),
    ("GET", "/healthz"), ("GET", "/readyz"), *DIALECTS,
}  # fmt: skip


def test_every_rpc_and_route_says_whose_things_it_hands_out():
    assert set(METHODS) == OWNED | OWNERLESS
    assert set(ROUTES) == OWNED_ROUTES | OWNERLESS_ROUTES


@pytest.fixture
def parts(tmp_path):
    """The gateway, and its HTTP side made once as `app`."""
    made = Parts(tmp_path)
    made.app = made.http_app()
    return made


def revoked(parts):
    text = parts.new_key("acme")
    with parts.database.transaction() as session:
        parts.keys.revoke(session, ApiKey.parse(text).key_id)
    return text


WRONG = {
    "none": lambda parts: "",
    "unknown": lambda parts: f"Bearer {ApiKey.draw().text}",
    "another secret": lambda parts: f"Bearer {parts.new_key('acme')[:-4]}AAAA",
    "revoked": lambda parts: f"Bearer {revoked(parts)}",
    "expired": lambda parts: f"Bearer {parts.new_key('acme', days=0)}",
    "rubbish": lambda parts: "Bearer \u00ff vitrine_",
    "another scheme": lambda parts: f"Basic {parts.new_key('acme')}",
}
NEEDING_KEYS = [each for each in ROUTES if each not in PUBLIC_ROUTES]


# All calls on one service for each key: a call that is refused leaves nothing that the next could see.


@pytest.mark.parametrize("wrong", WRONG)
async def test_rpc_with_a_wrong_key_is_unauthenticated_and_tells_nothing(parts, wrong):
    sent, api = WRONG[wrong](parts), parts.grpc_api()
    for method in METHODS:
        # A wrong key is refused from this machine too, where none is needed.
        context = FakeContext([("authorization", sent)] if sent else [], LOCAL if sent else ELSEWHERE)
        [answer] = await answered(api, method, context)
        assert context.code is grpc.StatusCode.UNAUTHENTICATED, method
        assert answer == GetMessageClass(METHODS[method].output_type)(), method


@pytest.mark.parametrize("wrong", WRONG)
async def test_route_with_a_wrong_key_is_unauthenticated(parts, wrong):
    sent = WRONG[wrong](parts)
    for verb, path in NEEDING_KEYS:
        answer = await request(parts, verb, path, sent)
        assert answer.status_code == DIALECTS.get((verb, path), 401), (verb, path)
        if (verb, path) not in DIALECTS:
            assert answer.json()["code"] == "unauthenticated", (verb, path)
            assert answer.headers["www-authenticate"] == "Bearer", (verb, path)


@pytest.mark.parametrize("wrong", ["unknown", "another secret", "revoked", "expired"])
async def test_wrong_key_is_refused_from_this_machine_too(parts, wrong):
    sent = WRONG[wrong](parts)
    for verb, path in NEEDING_KEYS:
        answer = await request(parts, verb, path, sent, "127.0.0.1")
        assert answer.status_code == DIALECTS.get((verb, path), 401), (verb, path)


async def request(parts, verb, path, authorization, peer="203.0.113.9", **options):
    transport = httpx.ASGITransport(parts.app, client=(peer, 4000))
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        return await client.request(verb, path, headers=headers, **options)


@pytest.mark.parametrize("method", METHODS)
async def test_rpc_needs_its_scope(parts, method):
    refused = []
    for scope in Scope:
        context = FakeContext([("authorization", f"Bearer {parts.new_key('acme', [scope])}")], ELSEWHERE)
        await answered(parts.grpc_api(), method, context)
        refused.append(context.code is grpc.StatusCode.PERMISSION_DENIED)
    assert sum(refused) == len(Scope) - 1, "exactly one scope is good for it"


@pytest.fixture
async def made(parts, photo):
    """A picture of acme's, another tenant's key, and acme's own."""
    acme, other = (f"Bearer {parts.new_key(name)}" for name in ("acme", "other"))
    message = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", layers=["SHADOW"])
    context = FakeContext([("authorization", acme), ("idempotency-key", "order-17")], ELSEWHERE)
    [answer] = await answered(parts.grpc_api(), "CreateShot", context, message)
    return answer, other, acme


async def test_blobs_of_another_tenant_are_not_found(parts, made):
    shot, other, acme = made
    for key in (shot.image.key, shot.layers[0].blob.key):
        context = FakeContext([("authorization", other)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), "ReadBlob", context, studio_pb2.ReadBlobRequest(key=key))
        assert (context.code, answer.chunk) == (grpc.StatusCode.NOT_FOUND, b"")
        assert key not in context.details
        own = FakeContext([("authorization", acme)], ELSEWHERE)
        assert (await answered(parts.grpc_api(), "ReadBlob", own, studio_pb2.ReadBlobRequest(key=key)))[0].chunk


@pytest.mark.parametrize(("method", "path"), KEY_FIELDS)
async def test_key_of_another_tenants_file_is_not_found_wherever_it_stands(parts, made, photo, method, path):
    shot, other, acme = made
    codes = []
    for key in (other, acme):
        message = GetMessageClass(METHODS[method].input_type)()
        request = message.shot if method == "StreamShot" else message
        if hasattr(request, "image"):
            request.image.content = photo
        if hasattr(request, "scene_id"):
            request.scene_id = "white"
        if hasattr(request, "rule_set"):
            request.rule_set = "ebay"
        target = message
        for name in path[:-1]:
            target = getattr(target, name)
        setattr(target, path[-1], shot.image.key)
        context = FakeContext([("authorization", key)], ELSEWHERE)
        await answered(parts.grpc_api(), method, context, message)
        codes.append(context.code)
    assert codes[0] is grpc.StatusCode.NOT_FOUND
    assert codes[1] is not grpc.StatusCode.NOT_FOUND


@pytest.fixture
async def job(parts, photo):
    """The id of a job of acme's, another tenant's key, and acme's own."""
    acme, other = (f"Bearer {parts.new_key(name)}" for name in ("acme", "other"))
    message = jobs_pb2.CreateJobRequest(shot={"scene_id": "white"}, items=[{"image": {"content": photo}}], open=True)
    context = FakeContext([("authorization", acme)], ELSEWHERE)
    [answer] = await answered(parts.grpc_api(), "CreateJob", context, message)
    return answer.job.job_id, other, acme


@pytest.mark.parametrize("method", sorted(JOBS))
async def test_job_of_another_tenant_is_not_found(parts, job, method):
    job_id, other, _ = job
    told = []
    for wanted in (job_id, "0" * 32):
        context = FakeContext([("authorization", other)], ELSEWHERE)
        message = GetMessageClass(METHODS[method].input_type)(job_id=wanted)
        [answer] = await answered(parts.grpc_api(), method, context, message)
        told.append((context.code, context.details, answer))
    assert told[0] == told[1]
    assert told[0][0] is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(("verb", "path"), sorted(JOB_ROUTES))
async def test_route_of_another_tenants_job_leads_nowhere(parts, job, verb, path):
    options = {"json": {}} if (verb, path) == ("POST", f"{JOB}/items") else {}
    answer = await request(parts, verb, path.format(job_id=job[0]), job[1], **options)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_jobs_of_another_tenant_are_not_listed(parts, job):
    job_id, other, acme = job
    for key, known in ((other, []), (acme, [job_id])):
        context = FakeContext([("authorization", key)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), "ListJobs", context)
        assert [each.job_id for each in answer.jobs] == known


FILES = {
    "an item": lambda key: {"items": [{"image": {"blob_key": key}}]},
    "an override": lambda key: {"items": [{"image": {"content": b"x"}, "shot": {"reference": {"blob_key": key}}}]},
    "the recipe": lambda key: {"shot": {"scene_id": "white", "reference": {"blob_key": key}}},
    "the list": lambda key: {"manifest": {"blob_key": key}},
}


@pytest.mark.parametrize("where", FILES)
async def test_job_of_another_tenants_file_is_refused_as_of_one_that_nobody_has(parts, made, where):
    shot, other, _ = made
    told = []
    for key in (shot.image.key, shot.image.key.replace("acme", "nobody")):
        message = jobs_pb2.CreateJobRequest(**{"shot": {"scene_id": "white"}, "open": True, **FILES[where](key)})
        context = FakeContext([("authorization", other)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), "CreateJob", context, message)
        assert answer == jobs_pb2.CreateJobResponse()
        told.append((context.code, context.details))
    assert told[0] == told[1]
    assert told[0][0] in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


async def test_blobs_of_a_tenant_are_not_the_local_callers(parts, made):
    context = FakeContext()
    await answered(parts.grpc_api(), "ReadBlob", context, studio_pb2.ReadBlobRequest(key=made[0].image.key))
    assert context.code is grpc.StatusCode.NOT_FOUND


async def test_signed_address_works_for_whoever_holds_it_and_a_key_opens_no_other(parts, made):
    shot, other, acme = made
    assert (await request(parts, "GET", shot.image.url, "")).status_code == 200
    for key in (other, acme):
        unsigned = await request(parts, "GET", f"/v1/blobs/{shot.image.key}", key)
        assert unsigned.status_code == 400
        forged = {"expires": "9999999999", "signature": "0" * 64}
        assert (await request(parts, "GET", f"/v1/blobs/{shot.image.key}", key, params=forged)).status_code == 403


async def test_usage_of_another_tenant_is_not_told(parts, made):
    _, other, acme = made
    for key, items in ((other, 0), (acme, 1)):
        context = FakeContext([("authorization", key)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), "GetUsage", context)
        over_http = (await request(parts, "GET", "/v1/usage", key)).json()
        assert sum(day.items for day in answer.days) == answer.quota.items_used == items
        assert sum(day["items"] for day in over_http["days"]) == items


async def test_idempotency_key_of_another_tenant_gives_a_picture_of_ones_own(parts, made, photo):
    shot, other, _ = made
    message = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", layers=["SHADOW"])
    context = FakeContext([("authorization", other), ("idempotency-key", "order-17")], ELSEWHERE)
    [answer] = await answered(parts.grpc_api(), "CreateShot", context, message)
    assert answer.image.key.startswith("shots/other/")
    assert answer.image.key != shot.image.key


@pytest.fixture
async def hook(parts):
    """A webhook of acme's with a delivery: their ids, another tenant's key, and acme's own."""
    acme, other = (f"Bearer {parts.new_key(name)}" for name in ("acme", "other"))
    new = webhooks_pb2.CreateWebhookRequest(url="https://acme.example/hooks", events=["job.done"])
    webhook_id = (await parts.grpc_api().CreateWebhook(new, FakeContext([("authorization", acme)]))).webhook.webhook_id
    ping = webhooks_pb2.PingWebhookRequest(webhook_id=webhook_id)
    delivery_id = (await parts.grpc_api().PingWebhook(ping, FakeContext([("authorization", acme)]))).delivery_id
    return {"webhook_id": webhook_id, "delivery_id": delivery_id}, other, acme


@pytest.mark.parametrize("method", sorted(WEBHOOKS))
async def test_webhook_of_another_tenant_is_not_found(parts, hook, method):
    ids, other, acme = hook
    codes, told = [], []
    for key in (other, acme):
        kind = GetMessageClass(METHODS[method].input_type)
        message = kind(**{name: value for name, value in ids.items() if name in kind.DESCRIPTOR.fields_by_name})
        context = FakeContext([("authorization", key)], ELSEWHERE)
        [answer] = await answered(parts.grpc_api(), method, context, message)
        codes.append(context.code)
        told.append(str(answer))
    assert codes[0] is (None if method.startswith("List") else grpc.StatusCode.NOT_FOUND)
    assert codes[1] is None
    assert told[0] == ""
