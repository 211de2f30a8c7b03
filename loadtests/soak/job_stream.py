"""Jobs one after the other, while something else goes on."""

import threading
import time
from types import TracebackType
from typing import Self

from services.client import CreateCutoutRequest, JobState, Vitrine
from services.common.errors import VitrineError


class JobStream:
    """A job of cutouts, and the next one when it has ended and been removed, while the body of `with` runs;
    the last one ends too.

    Args:
        address: Of the service's gRPC.
        photo: Of every item.
        items: Of each job.

    Attributes:
        ended_items: Of jobs that have ended.
        errors: What went wrong.
    """

    def __init__(self, address: str, photo: bytes, items: int = 4) -> None:
        self.ended_items = 0
        self.errors: list[str] = []
        self._address, self._photo, self._items = address, photo, items
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        with Vitrine(self._address) as vitrine:
            while not self._stopped.is_set():
                try:
                    self._one(vitrine)
                except VitrineError as error:
                    self.errors.append(error.code)

    def _one(self, vitrine: Vitrine) -> None:
        job = vitrine.jobs.create([self._photo] * self._items, CreateCutoutRequest()).job
        while job.state is not JobState.DONE:
            time.sleep(1.0)
            job = vitrine.jobs.get(job.job_id)
        self.ended_items += self._items
        self.errors += ["item failed"] * job.counts.failed
        vitrine.jobs.delete(job.job_id)
