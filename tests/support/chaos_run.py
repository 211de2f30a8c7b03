"""Jobs on a service while everything breaks, and what is left of them."""

import json
import time
from collections import Counter
from functools import cached_property

import numpy as np
from sqlalchemy import func, select

from services.api.jobs import JobItemSpec
from services.api.studio import Canvas, CreateCutoutRequest, CreateShotRequest
from services.client import Vitrine
from services.codecs.encode import encode_image
from services.common.errors import StorageUnavailable
from services.common.image import ImageFormat
from services.common.tenant import LOCAL_TENANT
from services.database.tables import JobItemRow, JobRow, JobShare, QuotaPeriod, UsageRow
from services.jobs.files import PICTURES
from services.jobs.moves import Moves
from services.jobs.sweeper import JobSweeper
from tests.support.chaos_plan import RESTART, STALL
from tests.support.job_watcher import JobWatcher

#: Without an item that ends for so long, nothing goes on any more; in seconds. Far above what a busy machine needs.
STILLNESS_S = 240
#: Requests to the bucket meet faults up to here; no run makes so many.
_REQUESTS_PER_ITEM = 20
#: One photo of so many of the cutouts is none, so that some items have to fail.
SPOILT = 10
EVENTS = ["job.done", "item.succeeded", "item.failed"]


class ChaosRun:
    """A job of shots and one of cutouts, half of the items each, made and followed by the client library.

    Attributes:
        job_ids: Of both.
        watchers: Who follows them.
        done: What was done, and when: seconds, ended items, what.
        seconds: From the jobs' creation to their end.
        left: Files in the jobs' folders that no result named, before they were swept.

    Args:
        service: A `ChaosService`.
        plan: A `ChaosPlan`.
        items: How many.
    """

    def __init__(self, service, plan, items):
        self._service = service
        self._plan = plan
        self._items = items
        self.job_ids, self.watchers, self.done = [], [], []

    def run(self):
        """From the jobs' creation until they have ended, and were swept up after."""
        self._service.proxy.faults = self._plan.faults(self._items * _REQUESTS_PER_ITEM)
        began = time.monotonic()
        with Vitrine(self._service.address, max_attempts=100) as client:
            self._service.consumer.secret = client.webhooks.create(self._service.consumer.url, EVENTS).secret
            self._create(client)
            self.watchers = [JobWatcher(client, job_id) for job_id in self.job_ids]
            for blow in self._plan.blows:
                self._wait_until_ended(blow.after)
                self._strike(blow)
                self.done.append((round(time.monotonic() - began, 1), blow.after, blow.what))
            self._wait_until_ended(self._items)
            self.seconds = time.monotonic() - began
            for watcher in self.watchers:
                watcher.wait(STILLNESS_S)
        self._wait(lambda: len(self.told()) >= self._items + len(self.job_ids), "not all was told to the consumer")
        # Before what is left is looked at: whoever was stopped or given up may still be writing.
        self._service.stop()
        self.faults = Counter(fault for _, _, fault in self._service.proxy.requests)
        self._service.proxy.reset()
        self._sweep()

    @cached_property
    def jobs(self):
        """Their rows."""
        with self._service.database.reading() as session:
            return list(session.scalars(select(JobRow)))

    @cached_property
    def items(self):
        """The rows of all items."""
        with self._service.database.reading() as session:
            return list(session.scalars(select(JobItemRow)))

    @cached_property
    def share(self):
        """The tenant's turn."""
        with self._service.database.reading() as session:
            return session.scalars(select(JobShare)).one()

    @cached_property
    def ledger(self):
        """Request ids of its lines about pictures."""
        with self._service.database.reading() as session:
            return list(session.scalars(select(UsageRow.request_id).where(UsageRow.items > 0)))

    @cached_property
    def failures_in_ledger(self):
        """Request ids of its lines about attempts that failed."""
        with self._service.database.reading() as session:
            return list(session.scalars(select(UsageRow.request_id).where(UsageRow.items == 0)))

    @cached_property
    def quota_used(self):
        """Pictures."""
        with self._service.database.reading() as session:
            return session.scalar(select(func.sum(QuotaPeriod.items)))

    def is_spoilt(self, item):
        """Whether its photo is none."""
        return item.job_id == self.job_ids[1] and item.number % SPOILT == 0

    def files(self, folders=PICTURES):
        """Keys of all that lies in the jobs' folders."""
        places = [f"{folder}/{LOCAL_TENANT}/{job_id}" for folder in folders for job_id in self.job_ids]
        return {file.key for place in places for file in self._service.store.under(place)}

    def blobs(self):
        """What results name, as it was told: key and SHA-256."""
        results = [json.loads(item.result) for item in self.items if item.result is not None]
        return [(result["image"]["key"], result["image"]["sha256"]) for result in results]

    def content(self, key):
        """A file of the bucket."""
        return self._service.store.get(key)

    def told(self):
        """The ids of the messages that webhooks brought, by event, job and item."""
        found = {}
        for headers, body in list(self._service.consumer.requests):
            message = json.loads(body)
            data = message["data"]
            job_id = data["job_id"] if "item" in data else data["job"]["job_id"]
            about = message["type"], job_id, data["item"].get("number", 0) if "item" in data else None
            found.setdefault(about, set()).add(headers["webhook-id"])
        return found

    def _create(self, client):
        photo = encode_image(np.full((16, 16, 3), 128, np.uint8), ImageFormat.PNG, 90)
        half = self._items // 2
        shot = CreateShotRequest(
            scene_id="white", canvas=Canvas(width=64, height=64), pose="STANDING", camera_pitch_deg=10.0
        )
        # Bytes that come with the items, and files that lie there already.
        shots = client.jobs.create([photo] * half, shot, key="shots")
        good, broken = (client.jobs.upload(content, "image/png") for content in (photo, b"no picture"))
        keys = [good if number % SPOILT else broken for number in range(self._items - half)]
        specs = [JobItemSpec.model_validate({"image": {"blob_key": key}}) for key in keys]
        cutouts = client.jobs.create(specs, CreateCutoutRequest(), key="cutouts")
        self.job_ids = [shots.job.job_id, cutouts.job.job_id]

    def _strike(self, blow):
        processes, chance = self._service.processes, self._plan.chance
        if blow.what == RESTART:
            return self._service.postgres.restart()
        if blow.what in ("Dispatcher", STALL):
            self._wait(lambda: self._seen(select(func.sum(JobRow.running))), "nothing is at work")
        if blow.what == STALL:
            longer_s = self._service.settings.jobs.lease_s + 2
            return self._wait(lambda: processes.stall_one("Dispatcher", chance, longer_s), "no dispatcher runs")
        return self._wait(lambda: processes.kill_one(blow.what, chance), f"no {blow.what} runs")

    def _wait_until_ended(self, count):
        ended = select(func.sum(JobRow.succeeded + JobRow.failed))
        limit, before = time.monotonic() + STILLNESS_S, 0
        while (now := self._seen(ended)) < count:
            if now > before:
                limit, before = time.monotonic() + STILLNESS_S, now
            assert time.monotonic() < limit, f"{now} of {count} items have ended, and no more do"
            time.sleep(0.05)

    def _wait(self, holds, complaint):
        limit = time.monotonic() + STILLNESS_S
        while not holds():
            assert time.monotonic() < limit, complaint
            time.sleep(0.05)

    def _seen(self, question):
        """A number from the database; 0 while it is away."""
        try:
            with self._service.database.reading() as session:
                return session.scalar(question) or 0
        except StorageUnavailable:
            return 0

    def _sweep(self):
        self.left = len(self.files() - {key for key, _ in self.blobs()})
        later = 2 * 60.0
        JobSweeper(self._service.database, Moves(), self._service.store, now=lambda: time.time() + later).sweep()
