"""Trainings on any database, with a clock that tests turn."""

import random
from dataclasses import replace

from services.common.settings import TenantSettings
from services.common.training_settings import TrainingSettings
from services.database.tables import StyleTrainingRow
from services.factory.queue import TrainingQueue
from services.factory.register import TrainingRegister
from services.factory.schema import NewTraining, Seen, StoredPicture, TrainingPlan
from services.storage.blobs import StoredBlob
from services.tenants.accounts import Accounts
from tests.support.clocks import Clock

NEW = NewTraining(
    "linen", "unbleached", (StoredPicture("uploads/acme/a.png", "a red cup"),), TrainingPlan(steps=4), bytes(32)
)
SEEN = Seen(StoredBlob("trainings/acme/x/1-loss.png", "image/png", 1, "a" * 64), StoredBlob("b", "image/png", 1, "b"))


class TrainingStore:
    """The plain classes over a database; each call is a transaction."""

    def __init__(self, database, **settings):
        self.database = database
        self.clock = Clock(1_700_000_000.0)
        self.settings = TrainingSettings(**settings)
        self.register = TrainingRegister(Accounts(TenantSettings(), self.clock), self.settings, self.clock)
        chance = random.Random(1)  # noqa: S311 - waits are no secret
        self.queue = TrainingQueue(self.settings, self.clock, chance)

    def create(self, style_id="linen", tenant="acme", **values):
        """A training's id."""
        new = replace(NEW, style_id=style_id, **values)
        with self.database.transaction() as session:
            return self.register.create(session, tenant, new).id

    def cancel(self, training_id, tenant="acme"):
        with self.database.transaction() as session:
            return self.register.cancel(session, tenant, training_id).state

    def ask(self, method, *arguments):
        """What the queue answers."""
        with self.database.transaction() as session:
            return getattr(self.queue, method)(session, *arguments)

    def claim(self):
        return self.ask("claim")

    def row(self, training_id):
        with self.database.reading() as session:
            return session.get(StyleTrainingRow, training_id)

    def state(self, training_id):
        return self.row(training_id).state
