"""A courier, a database and real consumers on loopback: what is delivered, and what becomes of what is not."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
import structlog
from standardwebhooks import Webhook

from services.common.errors import NotReady, StorageUnavailable
from services.common.job_settings import WebhookSettings
from services.common.logs import configure_logs
from services.common.metrics import Recorder
from services.jobs.moves import Moves
from services.jobs.states import ItemState
from services.webhooks.courier import Courier
from services.webhooks.queue import DeliveryQueue
from services.webhooks.sender import Sender
from tests.support.clocks import Clock
from tests.support.consumer import Consumer
from tests.support.fake_metrics import FakeMetrics
from tests.support.job_rows import item_row, job_row
from tests.unit.webhooks.conftest import Room

PATIENCE_S = 30


@pytest.fixture
def consumer():
    with Consumer() as running:
        yield running


@pytest.fixture
def metrics():
    return FakeMetrics()


class Post:
    """A room whose messages couriers deliver; retries come when its clock says so.

    Args:
        database: Open.
        metrics: Gets what couriers count.
        consumers: Whom messages may go to.
    """

    def __init__(self, database, metrics, *consumers, **settings):
        places = [each.place for each in consumers]
        self.settings = WebhookSettings(**({"at_once": 8, "timeout_s": 10, "trusted_hosts": places} | settings))
        self.room = Room(database, Clock(time.time()), self.settings)
        self.metrics = metrics

    def courier(self, sender=None):
        queue = DeliveryQueue(self.settings, self.room.clock)
        return Courier(
            self.room.database, self.settings, Recorder(self.metrics), sender or Sender(self.settings), queue, 0.01
        )

    @asynccontextmanager
    async def couriers(self, *made):
        """Running until the body ends."""
        stop = asyncio.Event()
        running = [asyncio.create_task(each.run(stop)) for each in made or [self.courier()]]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*running)

    def state(self, delivery_id):
        return self.room.delivery(delivery_id).state


async def until(what):
    """Wait for it."""
    async with asyncio.timeout(PATIENCE_S):
        while not what():  # noqa: ASYNC110 - what happens elsewhere sets no event
            await asyncio.sleep(0.01)


@pytest.fixture
def post(database, metrics, consumer):
    return Post(database, metrics, consumer)


async def test_messages_reach_their_consumer_who_verifies_them(post, consumer, metrics):
    made = post.room.add(url=consumer.url)
    consumer.secret = made.secret
    post.room.write(made, many=20)
    async with post.couriers():
        await until(lambda: len(consumer.messages) == 20)
    assert {message["data"]["number"] for message in consumer.messages} == {str(number) for number in range(20)}
    assert len(set(consumer.ids)) == 20
    assert consumer.most_at_once <= 2
    assert metrics.values["vitrine_webhook_deliveries_total", (("outcome", "delivered"),)] == [1] * 20
    assert len(metrics.values["vitrine_webhook_seconds", ()]) == 20


async def test_consumers_with_the_old_and_with_the_new_secret_both_verify(post, consumer):
    made = post.room.add(url=consumer.url)
    rotated = post.room.run(lambda session: post.room.endpoints.rotate(session, "acme", made.id))
    post.room.ping(made)
    async with post.couriers():
        await until(lambda: consumer.requests)
    [(headers, body)] = consumer.requests
    for secret in (made.secret, rotated.secret):
        assert Webhook(secret).verify(body, headers)["type"] == "webhook.ping"


async def test_refused_message_comes_again_under_the_same_id_by_the_schedule(post, consumer):
    made = post.room.add(url=consumer.url)
    consumer.statuses = [500, 302, 503]
    post.room.write(made)
    async with post.couriers():
        for number, pause_s in enumerate((5.5, 330, 1980, 0), start=1):
            await until(lambda number=number: len(consumer.requests) == number)
            await until(lambda number=number: len(post.room.attempts(consumer.ids[0])) == number)
            post.room.clock.pass_s(pause_s)
    assert len(set(consumer.ids)) == 1
    assert [each.status for each in post.room.attempts(consumer.ids[0])] == [500, 302, 503, 204]
    assert post.state(consumer.ids[0]) == "DELIVERED"


async def test_address_that_is_gone_disables_its_webhook(post, consumer):
    made = post.room.add(url=consumer.url)
    consumer.statuses = [410]
    post.room.write(made)
    async with post.couriers():
        await until(lambda: not post.room.webhook(made.id).enabled)
    assert post.state(consumer.ids[0]) == "FAILED"


async def test_slow_address_holds_up_no_other(database, metrics, consumer):
    with Consumer() as slow:
        slow.stalls = True
        post = Post(database, metrics, consumer, slow, timeout_s=60)
        post.room.write(post.room.add(url=slow.url), many=30)
        post.room.write(post.room.add(url=consumer.url), many=30)
        async with post.couriers():
            await until(lambda: len(consumer.requests) == 30)
            assert slow.most_at_once == 2
            slow.ended.set()


async def test_two_couriers_never_send_a_message_twice_at_once(post, consumer):
    made = post.room.add(url=consumer.url)
    post.room.write(made, many=40)
    async with post.couriers(post.courier(), post.courier()):
        await until(lambda: len(consumer.requests) >= 40)
        await until(lambda: all(post.state(each) == "DELIVERED" for each in consumer.ids))
    assert sorted(consumer.ids) == sorted(set(consumer.ids))


async def test_courier_that_dies_before_noting_leaves_the_message_to_another(post, consumer):
    post.room.write(post.room.add(url=consumer.url))
    [letter] = post.room.claim()
    await Sender(post.settings).send(letter)
    post.room.clock.pass_s(2 * post.settings.timeout_s + 11)
    async with post.couriers():
        await until(lambda: len(consumer.requests) == 2)
    assert consumer.ids == [letter.delivery_id] * 2
    assert len(post.room.attempts(letter.delivery_id)) == 1


async def test_what_is_under_way_is_ended_and_noted_before_a_courier_stops(post, consumer):
    consumer.stalls = True
    post.room.write(post.room.add(url=consumer.url))
    async with post.couriers():
        await until(lambda: consumer.requests)
        asyncio.get_running_loop().call_later(0.05, consumer.ended.set)
    assert post.state(consumer.ids[0]) == "DELIVERED"


async def test_fault_of_ours_is_a_failed_attempt_and_ends_nothing(post, consumer):
    class Broken(Sender):
        async def send(self, letter):
            if not broken:
                return await super().send(letter)
            broken.pop()
            raise RuntimeError("of ours")

    broken = [1]
    post.room.write(post.room.add(url=consumer.url), many=2)
    async with post.couriers(post.courier(Broken(post.settings))):
        await until(lambda: len(consumer.requests) == 1)
        await until(lambda: not broken)
        # The failed attempt is written down a moment later, and its wait counts from then.
        await until(lambda: post.room.clock.pass_s(6) or len(consumer.requests) == 2)


async def test_database_that_is_away_for_a_while_ends_nothing(post, consumer, monkeypatch):
    away, run = [1] * 3, post.room.database.run

    async def flaky(work):
        if consumer.requests and away:
            away.pop()
            raise StorageUnavailable("the database does not answer")
        return await run(work)

    monkeypatch.setattr(post.room.database, "run", flaky)
    post.room.write(post.room.add(url=consumer.url), many=2)
    async with post.couriers():
        await until(lambda: len(consumer.requests) == 2 and not away)
    assert [post.state(each) for each in consumer.ids] == ["DELIVERED"] * 2


async def test_courier_that_looks_for_no_messages_any_more_says_so(post, monkeypatch):
    courier = post.courier()
    async with post.couriers(courier):
        await asyncio.sleep(0.05)
        courier.check()
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 200)
    with pytest.raises(NotReady, match="since 200 s"):
        courier.check()


async def test_end_of_a_job_reaches_its_consumer(post, consumer):
    made = post.room.add(url=consumer.url, events=["job.done", "item.failed"])
    consumer.secret = made.secret
    moves = Moves(post.room.outbox, post.room.clock)

    def work(session):
        moves.share(session, "acme")
        session.add(job := job_row(items=1, recipe='{"scene_id": "white"}'))
        session.flush()
        session.add(item := item_row(0, image='{"blob_key": "a"}'))
        moves.item(job, item, ItemState.RUNNING)
        moves.item(job, item, ItemState.FAILED, error_code="product_not_found", error="no product")
        moves.settle(session, job, [item])

    post.room.run(work)
    async with post.couriers():
        await until(lambda: len(consumer.messages) == 2)
    told = {message["type"]: message["data"] for message in consumer.messages}
    assert told["job.done"]["job"]["counts"]["failed"] == 1
    assert told["item.failed"]["item"]["error"]["code"] == "product_not_found"


async def test_no_secret_and_no_address_is_logged(post, consumer, capsys):
    configure_logs("DEBUG", "dispatcher")
    consumer.statuses = [410]
    made = post.room.add(url=consumer.url)
    post.room.write(made)
    try:
        async with post.couriers():
            await until(lambda: not post.room.webhook(made.id).enabled)
    finally:
        structlog.reset_defaults()
    lines = "".join(capsys.readouterr())
    assert "webhook disabled" in lines
    assert made.secret not in lines
    assert "token=abc" not in lines
