import random

import pytest
from sqlalchemy import select

from services.common.job_settings import WebhookSettings
from services.common.settings import TenantSettings
from services.database.tables import DeliveryAttemptRow, DeliveryRow, WebhookRow
from services.tenants.accounts import Accounts
from services.webhooks.endpoints import Endpoints
from services.webhooks.events import Event, payload
from services.webhooks.outbox import Outbox
from services.webhooks.queue import DeliveryQueue
from services.webhooks.schema import Receipt
from tests.support.clocks import Clock

SETTINGS = WebhookSettings(at_once=8, max_per_tenant=3, keep_days=30, trusted_hosts=["127.0.0.1:8080"])


class Room:
    """The parts that write and read, on one clock; each call is a transaction of its own."""

    def __init__(self, database, clock, settings=SETTINGS):
        self.database, self.clock = database, clock
        self.endpoints = Endpoints(settings, Accounts(TenantSettings()), clock)
        self.outbox = Outbox(clock)
        self.queue = DeliveryQueue(settings, clock, random.Random(7))  # noqa: S311 - no secret

    def run(self, work):
        with self.database.transaction() as session:
            return work(session)

    def add(self, tenant="acme", url="https://acme.example/hooks", events=("job.done",), **options):
        return self.run(lambda session: self.endpoints.create(session, tenant, url, events, **options))

    def ping(self, webhook):
        return self.run(lambda session: self.outbox.ping(session, webhook))

    def claim(self, places=100, under_way=()):
        return self.run(lambda session: self.queue.claim(session, places, under_way))

    def finish(self, *receipts):
        return self.run(lambda session: self.queue.finish(session, receipts))

    def fail(self, letter, **options):
        return self.finish(Receipt(letter, self.clock(), 0.1, **({"status": 500, "error": "no"} | options)))

    def deliver(self, letter):
        return self.finish(Receipt(letter, self.clock(), 0.1, 204))

    def webhook(self, webhook_id):
        return self.run(lambda session: session.get(WebhookRow, webhook_id))

    def delivery(self, delivery_id):
        return self.run(lambda session: session.get(DeliveryRow, delivery_id))

    def attempts(self, delivery_id):
        chosen = select(DeliveryAttemptRow).where(DeliveryAttemptRow.delivery_id == delivery_id)
        return self.run(lambda session: session.scalars(chosen.order_by(DeliveryAttemptRow.number)).all())

    def write(self, webhook, many=1, event=Event.JOB_DONE):
        """Messages to a webhook, each at a moment of its own."""
        for number in range(many):
            self.clock.pass_s(0.001)
            text = payload(event, self.clock(), number=str(number))
            self.run(lambda session, text=text: self.outbox.write(session, [webhook], event, text))


@pytest.fixture
def clock():
    return Clock(1_800_000_000.0)


@pytest.fixture
def room(database, clock):
    return Room(database, clock)
