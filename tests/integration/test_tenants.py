"""Tenants through the real service: keys, each call once, limits, usage; the operator's commands beside it."""

import grpc
import httpx
import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.client import Vitrine
from services.common.errors import Conflict, NotFound, RateLimited, Unauthenticated
from services.pb.vitrine.v1 import studio_pb2, usage_pb2, usage_pb2_grpc
from tests.support.running_service import details_of

pytestmark = pytest.mark.service


@pytest.fixture
def operator(service, monkeypatch):
    """Runs a command on the service's database; its output."""
    monkeypatch.setenv("VITRINE_DATA_DIR", str(service.settings.data_dir))

    def run(*arguments):
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return result.stdout.strip()

    return run


@pytest.fixture
def key(operator):
    return lambda tenant, *options: operator("keys", "create", tenant, *options)


def metadata(key, **more):
    return [("authorization", f"Bearer {key}"), *((name.replace("_", "-"), value) for name, value in more.items())]


def shot_request(photo, **fields):
    return studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", seed=5, **fields)


def test_results_are_their_tenants_alone(service, key, photo):
    mine, other = key("mine"), key("other")
    with Vitrine(service.grpc_address, api_key=mine) as vitrine:
        made = vitrine.shot(photo, "white", seed=1)
        assert made.image.key.startswith("shots/mine/")
        assert vitrine.read_blob(made.image.key) == made.image.content
    with Vitrine(service.grpc_address, api_key=other) as vitrine, pytest.raises(NotFound):
        vitrine.read_blob(made.image.key)
    with Vitrine(service.grpc_address, api_key=f"{mine[:-3]}AAA") as vitrine, pytest.raises(Unauthenticated):
        vitrine.scenes()
    assert httpx.get(made.image.url).content == made.image.content


def test_request_is_made_once_under_its_key_over_both_protocols(service, key, photo):
    mine = key("once")
    first, again = [
        service.studio.CreateShot(shot_request(photo), metadata=metadata(mine, idempotency_key="order-1"))
        for _ in range(2)
    ]
    assert first.image.key == again.image.key
    headers = {"Authorization": f"Bearer {mine}", "Idempotency-Key": "order-2"}
    files = {"image": ("a.jpg", photo)}
    keys = {service.http.post("/v1/cutouts", files=files, headers=headers).json()["image"]["key"] for _ in range(2)}
    assert len(keys) == 1
    other = shot_request(photo, max_attempts=2)
    with pytest.raises(grpc.RpcError) as caught:
        service.studio.CreateShot(other, metadata=metadata(mine, idempotency_key="order-1"))
    assert details_of(caught.value)["ErrorInfo"].reason == Conflict.code.upper()
    usage = usage_pb2_grpc.UsageServiceStub(service.channel).GetUsage(
        usage_pb2.GetUsageRequest(), metadata=metadata(mine)
    )
    assert (usage.tenant, sum(day.items for day in usage.days)) == ("once", 2)
    assert {each.stage for each in usage.days[0].compute if each.duration.ToNanoseconds()}


def test_calls_without_a_key_of_their_own_are_never_taken_for_one(service, photo):
    keys = {service.studio.CreateShot(shot_request(photo)).image.key for _ in range(2)}
    assert len(keys) == 2


def test_rate_is_enforced_and_told(service, operator, key, photo):
    operator("tenants", "set", "limited", "--rate", "0.001", "--burst", "1")
    headers = {"Authorization": f"Bearer {key('limited')}"}
    files = {"image": ("a.jpg", photo)}
    good, refused = [service.http.post("/v1/cutouts", files=files, headers=headers) for _ in range(2)]
    assert (good.status_code, good.headers["ratelimit-remaining"]) == (200, "0")
    assert (refused.status_code, refused.json()["code"]) == (429, RateLimited.code)
    assert int(refused.headers["retry-after"]) > 900


def test_work_is_told_by_tenant_in_metrics_and_csv(service, operator, key, photo):
    with Vitrine(service.grpc_address, api_key=key("counted")) as vitrine:
        vitrine.cutout(photo)
    head, line = operator("usage", "--csv", "--tenant", "counted").splitlines()
    told = dict(zip(head.split(","), line.split(","), strict=True))
    assert (told["items"], told["bytes_in"]) == ("1", str(len(photo)))
    assert float(told["segment_s"]) > 0


def test_no_key_is_in_the_services_logs(service, key, photo):
    mine = key("discreet")
    for sent in (mine, f"{mine[:-3]}AAA"):
        service.http.get("/v1/scenes", headers={"Authorization": f"Bearer {sent}"})
    request_id = "discreet-1"
    service.http.post("/v1/shots", json={}, headers={"Authorization": f"Bearer {mine}", "X-Request-Id": request_id})
    assert service.wait_for_answer(request_id)
    written = "".join(file.read_text(errors="replace") for file in service.logs_dir.rglob("*") if file.is_file())
    assert request_id in written
    assert mine[21:] not in written
