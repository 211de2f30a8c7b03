import pytest

from services.client import DeliveryState
from services.common.errors import Conflict, InvalidInput, NotFound
from services.pb.vitrine.v1 import webhooks_pb2
from tests.support.gateway_parts import Parts
from tests.support.served_gateway import ServedGateway

URL = "https://acme.example/hooks"


@pytest.fixture
def address(tmp_path):
    service = webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"]
    with ServedGateway(Parts(tmp_path).grpc_api(), service) as served:
        yield served.address


def test_webhook_is_made_changed_and_removed(call):
    made = call("webhooks.create", URL, ["job.done"], "shop")
    assert made.secret.startswith("whsec_")
    webhook_id = made.webhook.webhook_id
    changed = call("webhooks.update", webhook_id, events=["item.failed"], enabled=False)
    assert (changed.events, changed.enabled, changed.description) == (["item.failed"], False, "shop")
    assert call("webhooks.all") == [changed]
    call("webhooks.delete", webhook_id)
    assert call("webhooks.all") == []


def test_secret_is_rotated(call):
    made = call("webhooks.create", URL, ["job.done"])
    rotated = call("webhooks.rotate", made.webhook.webhook_id, overlap_s=60)
    assert rotated.secret != made.secret
    assert rotated.webhook.old_secret_expire_time


def test_deliveries_are_told_over_all_their_pages(call):
    made = [call("webhooks.create", f"{URL}/{number}", ["job.done"]) for number in range(3)]
    pings = [call("webhooks.ping", each.webhook.webhook_id) for each in made]
    told = call("webhooks.deliveries", states=[DeliveryState.PENDING], most=2)
    assert [each.delivery_id for each in told] == pings[:0:-1]
    assert call("webhooks.deliveries", made[0].webhook.webhook_id)[0].event == "webhook.ping"
    assert call("webhooks.redeliver", pings[0]).delivery_id == pings[0]


def test_errors_are_those_of_the_service(call):
    call("webhooks.create", URL, ["job.done"])
    with pytest.raises(Conflict):
        call("webhooks.create", URL, ["job.done"])
    with pytest.raises(InvalidInput, match="no public host"):
        call("webhooks.create", "https://10.0.0.1/", ["job.done"])
    with pytest.raises(NotFound):
        call("webhooks.ping", "wh_1")
