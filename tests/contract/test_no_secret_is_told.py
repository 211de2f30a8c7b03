"""Keys, signatures, passwords and S3's secrets reach neither logs nor answers, whatever goes wrong."""

import base64

import httpx
import pytest
import structlog
from botocore.exceptions import ClientError

from services.common.logs import configure_logs, logger
from services.common.settings import DatabaseSettings, Settings
from services.common.storage_settings import S3Settings
from services.database.database import Database
from services.pb.vitrine.v1 import studio_pb2
from services.storage.s3 import S3Blobs
from tests.support.gateway_parts import PUBLIC_URL, Parts
from tests.support.grpc_context import ELSEWHERE, FakeContext

PASSWORD = "hunter2-of-the-database"  # noqa: S105 - of nothing
S3_ID, S3_SECRET = "AKIAEXAMPLEEXAMPLE", "s3-secret-s3-secret-s3-secret"


@pytest.fixture
def told(capsys):
    """Everything that was written so far."""
    configure_logs("DEBUG", "gateway")
    yield lambda: "".join(capsys.readouterr())
    structlog.reset_defaults()


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, **options)


def client(parts):
    transport = httpx.ASGITransport(parts.http_app(), client=("203.0.113.9", 4000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


async def test_key_is_told_by_no_answer_and_no_line(parts, told, photo):
    made = parts()
    key = made.new_key("acme")
    wrong = f"{key[:-3]}xyz"
    answers = []
    for sent in (f"Bearer {key}", f"Bearer {wrong}", f"Basic {key}", key):
        for path, body in (("/v1/shots", {"sceen": "x"}), ("/v1/cutouts", {"image": {"content": key}})):
            answers.append((await client(made).post(path, json=body, headers={"Authorization": sent})).text)
        context = FakeContext([("authorization", sent)], ELSEWHERE)
        await made.grpc_api().CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}), context)
        answers.append(f"{context.details}{context.trailing}")
    whole = told() + "".join(answers)
    assert "request answered" in whole
    for secret in (key, wrong, key[21:], wrong[21:]):
        assert secret not in whole


async def test_fault_that_holds_secrets_is_logged_without_them(parts, told, photo):
    made = parts()
    key = made.new_key("acme")
    url = made.store.sign("shots/acme/a.png").url
    signature = url.rpartition("=")[2]
    fault = RuntimeError(f"Authorization: Bearer {key} for {url}, postgresql://me:{PASSWORD}@db/vitrine")
    made.fakes.faults["segment"] = fault
    body = {"image": {"content": base64.b64encode(photo).decode()}, "scene_id": "white"}
    answer = await client(made).post("/v1/shots", json=body, headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["code"] == "internal"
    lines = told()
    assert "RuntimeError" in lines
    for secret in (key, signature, PASSWORD):
        assert secret not in lines + answer.text


async def test_secret_of_a_webhook_is_told_once_and_in_no_line(parts, told):
    key = (made := parts()).new_key("acme")
    calls, headers = client(made), {"Authorization": f"Bearer {key}"}
    body = {"url": "https://acme.example/hooks?token=of-theirs", "events": ["job.done"]}
    first = (await calls.post("/v1/webhooks", json=body, headers=headers)).json()
    path = f"/v1/webhooks/{first['webhook']['webhook_id']}"
    second = (await calls.post(f"{path}/rotate", headers=headers)).json()
    answers = [await calls.post("/v1/webhooks", json=body, headers=headers)]
    answers += [await calls.get("/v1/webhooks", headers=headers), await calls.post(f"{path}/ping", headers=headers)]
    answers.append(await calls.get("/v1/webhook-deliveries", headers=headers))
    assert [each.status_code for each in answers] == [409, 200, 200, 200]
    lines = told()
    for secret in (first["secret"], second["secret"]):
        assert secret not in lines + "".join(each.text for each in answers)
    assert "of-theirs" not in lines


async def test_signature_of_an_address_is_in_no_line_and_no_refusal(parts, told):
    made = parts()
    url = made.store.sign("shots/acme/a.png").url
    signature = url.rpartition("=")[2]
    answers = [await client(made).get(each) for each in (url, url.replace("a.png", "b.png"))]
    assert [each.status_code for each in answers] == [404, 403]
    assert signature not in told() + "".join(each.text for each in answers)


def test_secrets_of_the_settings_do_not_show_in_prints():
    tree = Settings(
        database={"url": f"postgresql://me:{PASSWORD}@db/vitrine"},
        client={"api_key": "vitrine_secret"},
        storage={"s3": {"access_key_id": S3_ID, "secret_access_key": S3_SECRET}},
    )
    shown = f"{tree!r}{tree}{tree.model_dump_json()}"
    for secret in (PASSWORD, S3_SECRET, "vitrine_secret"):
        assert secret not in shown


def test_database_that_is_away_is_logged_without_its_password(told):
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:1/vitrine"
    try:
        Database.open(DatabaseSettings(url=url, timeout_s=1), None)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is written
        logger().error("no database", exc_info=error, cause=repr(error.__cause__))
    lines = told()
    assert "no database" in lines
    assert PASSWORD not in lines


def test_s3_that_refuses_is_logged_without_its_secrets(told, monkeypatch):
    store = S3Blobs(S3Settings(bucket="b", endpoint_url="http://127.0.0.1:1", access_key_id=S3_ID,
                               secret_access_key=S3_SECRET, timeout_s=0.1, max_attempts=1), 60)  # fmt: skip
    signed = store.sign("shots/acme/a.png").url
    try:
        store.get("shots/acme/a.png")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is written
        logger().error("no store", exc_info=error, store=repr(store), address=signed)
    refusal = ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": signed}}, "GetObject")
    logger().warning("refused", cause=repr(refusal), text=str(refusal))
    lines = told()
    assert "no store" in lines
    assert S3_SECRET not in lines
    assert signed.partition("X-Amz-Signature=")[2].partition("&")[0] not in lines
