"""WebhookService over both protocols; that they verify what they are told is in `tests/unit/webhooks`."""

import httpx
import pytest

from services.pb.vitrine.v1 import webhooks_pb2
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import FakeContext

URL = "https://acme.example/hooks"
NEW = {"url": URL, "events": ["job.done"], "description": "shop"}


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path)


@pytest.fixture
async def http(parts):
    transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


async def made(http, **fields):
    answer = await http.post("/v1/webhooks", json=NEW | fields)
    assert answer.status_code == 201
    return answer.json()


async def test_webhook_is_made_over_http_and_its_secret_told_once(http):
    answer = await made(http)
    assert answer["secret"].startswith("whsec_")
    listed = (await http.get("/v1/webhooks")).json()
    assert listed["webhooks"] == [answer["webhook"]]
    assert answer["webhook"].items() >= {**NEW, "enabled": True, "failing_since": ""}.items()


async def test_webhook_is_changed_and_removed_over_http(http):
    webhook_id = (await made(http))["webhook"]["webhook_id"]
    changed = await http.patch(f"/v1/webhooks/{webhook_id}", json={"enabled": False})
    assert changed.json()["webhook"]["enabled"] is False
    assert (await http.delete(f"/v1/webhooks/{webhook_id}")).status_code == 204
    gone = await http.patch(f"/v1/webhooks/{webhook_id}", json={"enabled": True})
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


async def test_body_that_names_another_webhook_than_the_path_is_refused(http):
    webhook_id = (await made(http))["webhook"]["webhook_id"]
    refused = await http.patch(f"/v1/webhooks/{webhook_id}", json={"webhook_id": "wh_2", "enabled": False})
    assert refused.json()["details"]["field"] == "webhook_id"


@pytest.mark.parametrize("body", [None, {}, {"overlap": "60s"}], ids=["no body", "empty", "overlap"])
async def test_secret_is_rotated_over_http(http, body):
    old = await made(http)
    path = f"/v1/webhooks/{old['webhook']['webhook_id']}/rotate"
    answer = (await http.post(path, json=body) if body is not None else await http.post(path)).json()
    assert answer["secret"] not in ("", old["secret"])
    assert answer["webhook"]["old_secret_expire_time"] > old["webhook"]["create_time"]


async def test_deliveries_are_listed_and_sent_again_over_http(http):
    webhook_id = (await made(http))["webhook"]["webhook_id"]
    delivery_id = (await http.post(f"/v1/webhooks/{webhook_id}/ping")).json()["delivery_id"]
    query = {"webhook_id": webhook_id, "states": ["PENDING", "FAILED"], "page_size": 10}
    [told] = (await http.get("/v1/webhook-deliveries", params=query)).json()["deliveries"]
    assert (told["delivery_id"], told["event"]) == (delivery_id, "webhook.ping")
    again = (await http.post(f"/v1/webhook-deliveries/{delivery_id}/redeliver")).json()
    assert again["delivery"]["delivery_id"] == delivery_id


@pytest.mark.parametrize("path", ["ping", "redeliver"])
async def test_disabled_webhook_is_sent_nothing(http, path):
    webhook_id = (await made(http))["webhook"]["webhook_id"]
    delivery_id = (await http.post(f"/v1/webhooks/{webhook_id}/ping")).json()["delivery_id"]
    await http.patch(f"/v1/webhooks/{webhook_id}", json={"enabled": False})
    where = {"ping": f"/v1/webhooks/{webhook_id}/ping", "redeliver": f"/v1/webhook-deliveries/{delivery_id}/redeliver"}
    assert (await http.post(where[path])).status_code == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "https://127.0.0.1/"}, "url"), ({"url": ""}, "url"), ({"events": []}, "events"),
        ({"events": ["job.started"]}, "events"), ({"description": "a\nb"}, "description"), ({"secret": "x"}, "secret"),
    ],
)  # fmt: skip
async def test_faulty_webhook_is_refused_by_its_field(http, fields, field):
    refused = await http.post("/v1/webhooks", json=NEW | fields)
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, field)


async def test_every_call_is_answered_over_grpc(parts):
    api, context = parts.grpc_api(), FakeContext()
    answer = await api.CreateWebhook(webhooks_pb2.CreateWebhookRequest(**NEW), context)
    webhook_id = answer.webhook.webhook_id
    [listed] = (await api.ListWebhooks(webhooks_pb2.ListWebhooksRequest(), context)).webhooks
    assert listed == answer.webhook
    changed = await api.UpdateWebhook(webhooks_pb2.UpdateWebhookRequest(webhook_id=webhook_id, description=""), context)
    assert changed.webhook.description == ""
    rotated = await api.RotateWebhookSecret(
        webhooks_pb2.RotateWebhookSecretRequest(webhook_id=webhook_id, overlap={"seconds": 60}), context
    )
    assert rotated.secret != answer.secret
    assert rotated.webhook.HasField("old_secret_expire_time")
    ping = await api.PingWebhook(webhooks_pb2.PingWebhookRequest(webhook_id=webhook_id), context)
    [told] = (await api.ListWebhookDeliveries(webhooks_pb2.ListWebhookDeliveriesRequest(), context)).deliveries
    assert (told.delivery_id, told.state) == (ping.delivery_id, webhooks_pb2.WebhookDelivery.PENDING)
    again = await api.RedeliverWebhook(webhooks_pb2.RedeliverWebhookRequest(delivery_id=ping.delivery_id), context)
    assert (again.delivery.delivery_id, again.delivery.payload) == (told.delivery_id, told.payload)
    await api.DeleteWebhook(webhooks_pb2.DeleteWebhookRequest(webhook_id=webhook_id), context)
    assert not (await api.ListWebhooks(webhooks_pb2.ListWebhooksRequest(), context)).webhooks
    assert context.code is None


async def test_rate_of_pictures_is_not_about_webhooks(parts, http):
    parts.set_limits("local", rate_per_s=0.001, burst=1)
    for number in range(3):
        await made(http, url=f"{URL}/{number}")
