"""The loop that sends messages."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.orm import Session

from services.common.errors import NotReady
from services.common.job_settings import WebhookSettings
from services.common.logs import logger
from services.common.metrics import WEBHOOK_DELIVERIES, WEBHOOK_SECONDS, Recorder
from services.database.database import Database
from services.webhooks.queue import DeliveryQueue
from services.webhooks.schema import Letter, Noted, Receipt
from services.webhooks.sender import Sender

_SWEEP_EVERY_S: Final = 600.0
_SWEPT_AT_ONCE: Final = 1000
#: A turn that takes longer is taken to hang; in seconds.
_STUCK_S: Final = 120.0
#: Turns that may fail once it is to stop; what they could not write down is sent again by another.
_LAST_TRIES: Final = 3


class Courier:
    """Sends messages whose time has come. Any number may run: a message is with one of them at a time.

    Messages are delivered at least once: a courier that dies between sending and writing that down leaves a message
    that another sends again, under the same id.

    Args:
        database: Where messages wait.
        settings: How many at once.
        recorder: Gets the metrics.
        sender: Sends; of the settings where None.
        queue: Hands messages out; likewise.
        idle_s: How often it looks for messages while it has none, in seconds.
    """

    def __init__(
        self,
        database: Database,
        settings: WebhookSettings,
        recorder: Recorder,
        sender: Sender | None = None,
        queue: DeliveryQueue | None = None,
        idle_s: float = 1.0,
    ) -> None:
        self._database = database
        self._at_once = settings.at_once
        self._recorder = recorder
        self._sender = sender or Sender(settings)
        self._queue = queue or DeliveryQueue(settings)
        self._idle_s = idle_s
        self._under_way: dict[asyncio.Task[Receipt], Letter] = {}
        self._receipts: list[Receipt] = []
        self._swept_at = self._turned_at = time.monotonic()

    def check(self) -> None:
        """See that it goes on.

        Raises:
            NotReady: It does not.
        """
        since_s = time.monotonic() - self._turned_at
        if since_s > _STUCK_S:
            raise NotReady(f"no messages to webhooks have been looked for since {since_s:.0f} s")

    async def run(self, stop: asyncio.Event) -> None:
        """Send until it is to stop, and then end what is under way, which takes `timeout_s` at most."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._turned_at = time.monotonic()
                await self._guarded(self._turn)
                await self._wait(stopping)
            await self._drain()
        finally:
            stopping.cancel()
            for task in self._under_way:
                task.cancel()

    async def _drain(self) -> None:
        for _ in range(_LAST_TRIES):
            if self._under_way:
                await asyncio.wait(self._under_way)
                self._collect()
            if not self._receipts or await self._guarded(self._note_last):
                return

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it went well. Whatever goes wrong in a turn must not end the loop."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - see above
            logger().warning("webhooks wait", cause=repr(error), exc_info=error)
            await asyncio.sleep(self._idle_s)
            return False
        return True

    async def _turn(self) -> None:
        """Write down what came back, take what is due, and send it."""
        letters = await self._exchange(self._at_once - len(self._under_way))
        for letter in letters:
            self._under_way[asyncio.create_task(self._deliver(letter))] = letter
        if time.monotonic() - self._swept_at > _SWEEP_EVERY_S:
            await self._sweep()

    async def _note_last(self) -> None:
        await self._exchange(0)

    async def _exchange(self, places: int) -> list[Letter]:
        receipts, under_way = list(self._receipts), list(self._under_way.values())

        def work(session: Session) -> tuple[list[Noted], list[Letter]]:
            noted = self._queue.finish(session, receipts)
            return noted, self._queue.claim(session, places, under_way) if places else []

        noted, letters = await self._database.run(work)
        del self._receipts[: len(receipts)]
        for each in noted:
            self._tell(each)
        return letters

    async def _wait(self, stopping: asyncio.Task[bool]) -> None:
        await asyncio.wait({*self._under_way, stopping}, timeout=self._idle_s, return_when=asyncio.FIRST_COMPLETED)
        self._collect()

    def _collect(self) -> None:
        done = [task for task in self._under_way if task.done()]
        for task in done:
            del self._under_way[task]
            self._receipts.append(task.result())

    async def _deliver(self, letter: Letter) -> Receipt:
        began_s = time.time()
        try:
            return await self._sender.send(letter)
        except Exception as error:  # noqa: BLE001 - a fault of ours, told as one failed attempt
            logger(delivery_id=letter.delivery_id).error("a message could not be sent by our fault", exc_info=error)
            return Receipt(letter, began_s, 0.0, error="something went wrong here")

    async def _sweep(self) -> None:
        self._swept_at = time.monotonic()
        while await self._database.run(lambda session: self._queue.sweep(session, _SWEPT_AT_ONCE)) == _SWEPT_AT_ONCE:
            pass

    def _tell(self, noted: Noted) -> None:
        receipt = noted.receipt
        self._recorder.count(WEBHOOK_DELIVERIES, outcome=noted.fate.value)
        if not receipt.error and noted.age_s is not None:
            self._recorder.observe(WEBHOOK_SECONDS, noted.age_s)
        line = logger(webhook_id=receipt.letter.webhook_id, tenant=receipt.letter.tenant)
        line.debug(
            "message sent", delivery_id=receipt.letter.delivery_id, outcome=noted.fate.value, status=receipt.status,
            error=receipt.error,
        )  # fmt: skip
        if noted.disabled:
            line.warning("webhook disabled", status=receipt.status, error=receipt.error)
