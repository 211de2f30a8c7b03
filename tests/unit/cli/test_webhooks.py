import pytest

from services.pb.vitrine.v1 import webhooks_pb2
from tests.support.gateway_parts import Parts
from tests.support.served_gateway import ServedGateway

URL = "https://acme.example/hooks"


@pytest.fixture
def webhooks(vitrine, tmp_path):
    """Runs `vitrine webhooks` against the gateway."""
    service = webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"]
    with ServedGateway(Parts(tmp_path).grpc_api(), service) as served:
        yield lambda *arguments: vitrine("webhooks", *arguments, "--address", served.address)


def test_secret_of_a_new_webhook_stands_alone_on_standard_output_and_never_again(webhooks):
    secret = webhooks("add", URL, "--description", "shop").stdout.strip()
    assert secret.startswith("whsec_")
    [listed] = webhooks("list", "--json").json
    assert (listed["url"], listed["events"], listed["enabled"]) == (URL, ["job.done", "job.cancelled"], True)
    table = webhooks("list").stdout
    assert URL in table
    assert secret not in table


def test_webhook_is_changed_rotated_and_removed(webhooks):
    webhooks("add", URL)
    [listed] = webhooks("list", "--json").json
    webhook_id = listed["webhook_id"]
    changed = webhooks("update", webhook_id, "--event", "item.failed", "--disable", "--json").json
    assert (changed["events"], changed["enabled"]) == (["item.failed"], False)
    assert "is told of item.failed" in webhooks("update", webhook_id, "--enable").stdout
    assert webhooks("rotate", webhook_id, "--overlap", "1").stdout.startswith("whsec_")
    assert webhooks("remove", webhook_id).stdout == f"removed {webhook_id}\n"
    assert webhooks("list", "--json").json == []


def test_ping_is_listed_among_the_deliveries_and_sent_again(webhooks):
    webhooks("add", URL)
    [listed] = webhooks("list", "--json").json
    delivery_id = webhooks("ping", listed["webhook_id"]).stdout.strip()
    [told] = webhooks("deliveries", "--state", "pending", "--json").json
    assert told["delivery_id"] == delivery_id
    assert delivery_id in webhooks("deliveries").stdout
    assert webhooks("redeliver", delivery_id).stdout.strip() == delivery_id


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "https://10.0.0.1/"), "no public host"),
        (("add", URL, "--event", "job.started"), "job.started"),
        (("ping", "wh_1"), "no such webhook"),
        (("redeliver", "msg_1"), "no such delivery"),
        (("deliveries", "--state", "lost"), "pending, delivered, failed"),
    ],
)
def test_faulty_command_is_one_line(webhooks, arguments, said):
    result = webhooks(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
