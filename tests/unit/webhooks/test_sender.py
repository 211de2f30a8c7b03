import asyncio
import time

import pytest

from services.common.job_settings import WebhookSettings
from services.webhooks.schema import Letter
from services.webhooks.secret import draw_secret
from services.webhooks.sender import Sender
from tests.support.consumer import Consumer

SECRET = draw_secret()
PAYLOAD = '{"type":"job.done","data":{"name":"caf\u00e9"}}'


@pytest.fixture
def consumer():
    with Consumer(SECRET) as running:
        yield running


def letter(url):
    return Letter("msg_1", "claim", "wh_1", "acme", url, PAYLOAD, (SECRET,))


def sender_to(consumer, tls=None, resolve=None, **settings):
    settings = WebhookSettings(**({"trusted_hosts": [consumer.place]} | settings))
    return Sender(settings, tls, **({"resolve": resolve} if resolve else {}))


async def test_message_arrives_with_the_headers_of_the_specification(consumer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    receipt = await sender_to(consumer).send(letter(consumer.url))
    assert (receipt.status, receipt.error) == (204, "")
    assert receipt.took_s > 0
    [message] = consumer.messages
    assert message == {"type": "job.done", "data": {"name": "caf\u00e9"}}
    [(headers, _)] = consumer.requests
    assert set(headers) == {
        "host", "content-type", "content-length", "user-agent", "accept-encoding",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip
    assert (headers["webhook-id"], headers["host"]) == ("msg_1", consumer.place)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_refusal_is_told_with_its_status(consumer, status):
    consumer.statuses = [status]
    receipt = await sender_to(consumer).send(letter(consumer.url))
    assert (receipt.status, receipt.gone) == (status, False)
    assert str(status) in receipt.error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(consumer, status):
    consumer.statuses, consumer.headers = [status], {"Location": "/elsewhere"}
    receipt = await sender_to(consumer).send(letter(consumer.url))
    assert receipt.error == f"the address answered with the redirect {status}; redirects are not followed"
    assert len(consumer.requests) == 1


async def test_address_that_is_gone_says_so(consumer):
    consumer.statuses = [410]
    assert (await sender_to(consumer).send(letter(consumer.url))).gone


@pytest.mark.parametrize(
    ("sent", "wait_s"),
    [("120", 120), ("9999999", 86_400), ("Fri, 31 Dec 1999 23:59:59 GMT", 0), ("-5", 0), ("9" * 30, 0)],
)
async def test_pause_that_an_address_asks_for_is_read_within_a_day(consumer, sent, wait_s):
    consumer.statuses, consumer.headers = [503], {"Retry-After": sent}
    assert (await sender_to(consumer).send(letter(consumer.url))).wait_s == wait_s


async def test_address_that_does_not_answer_is_given_up_in_time(consumer):
    consumer.stalls = True
    receipt = await sender_to(consumer, timeout_s=0.3).send(letter(consumer.url))
    assert (receipt.status, receipt.error) == (0, "the address did not answer within 0.3 s")


async def test_address_where_nobody_is_says_so():
    with Consumer() as consumer:
        url, sender = consumer.url, sender_to(consumer)
    receipt = await sender.send(letter(url))
    assert (receipt.status, receipt.error) == (0, "the address's host does not answer properly (ConnectError)")


async def test_answer_without_end_is_not_read():
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        except ConnectionError:
            writer.close()

    async with await asyncio.start_server(endless, "127.0.0.1", 0) as server:
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        receipt = await Sender(WebhookSettings(trusted_hosts=[place])).send(letter(f"http://{place}/"))
    assert (receipt.status, receipt.error) == (200, "")


@pytest.mark.parametrize("found", [["10.0.0.1"], ["127.0.0.1"], ["8.8.8.8", "169.254.169.254"], []])
async def test_name_that_leads_into_a_private_network_by_now_is_refused_at_sending(consumer, found):
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return found

    receipt = await sender_to(consumer, resolve=resolve).send(letter("https://hooks.example/"))
    assert (receipt.status, receipt.error) == (0, "the address's host is not known, or not public")
    assert asked == ["hooks.example"]
    assert consumer.requests == []


async def test_name_is_resolved_once_and_its_certificate_checked():
    async def resolve(host, port):
        return [answers.pop()]

    for name, status in (("hooks.example", 204), ("other.example", 0)):
        answers = ["10.0.0.1", "127.0.0.1"]
        with Consumer(SECRET, name) as consumer:
            port = consumer.place.rpartition(":")[2]
            sender = sender_to(consumer, consumer.trust, resolve, trusted_hosts=[f"hooks.example:{port}"])
            receipt = await sender.send(letter(f"https://hooks.example:{port}/"))
        assert receipt.status == status
        assert answers == ["10.0.0.1"]


async def test_address_that_the_operator_trusts_no_longer_is_refused_at_sending(consumer):
    receipt = await sender_to(consumer, trusted_hosts=[]).send(letter(consumer.url))
    assert receipt.error.startswith("url: ")
    assert consumer.requests == []
