"""A steady load of interactive calls, over gRPC and HTTP, sent whether or not others were answered.

Nothing is sent twice: what the service does shows, and not what a client makes up for.
"""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx

from loadtests.arrivals import send_when_due
from services.client import AsyncVitrine
from services.common.errors import VitrineError
from services.common.settings import Settings

SCENE: Final = "marble"
#: Calls in turn; half as many shots as cutouts would be a service of cutouts.
KINDS: Final = (("grpc", "shot"), ("http", "shot"), ("grpc", "cutout"), ("http", "cutout"))
TIMEOUT_S: Final = 120.0
OK: Final = "ok"


@dataclass(frozen=True)
class Answer:
    """One call: when it was sent (`time.monotonic`), what it took, in seconds, and the error's code or `ok`."""

    protocol: str
    method: str
    sent_s: float
    took_s: float
    outcome: str


class Calls:
    """Makes single calls, each with a seed of its own, as plates are remembered by seed.

    Args:
        settings: Of the service: where it is.
        photo: The file that is sent.
    """

    def __init__(self, settings: Settings, photo: bytes) -> None:
        self._photo = photo
        self._seeds = itertools.count(1)
        self._grpc = AsyncVitrine(f"127.0.0.1:{settings.grpc.port}", max_attempts=1, timeout_s=TIMEOUT_S)
        self._http = httpx.AsyncClient(base_url=settings.http.base_url, timeout=TIMEOUT_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._grpc.close()
        await self._http.aclose()

    async def make(self, protocol: str, method: str) -> Answer:
        """Make one call and wait for its answer."""
        sent_s = time.monotonic()
        outcome = await (self._over_grpc(method) if protocol == "grpc" else self._over_http(method))
        return Answer(protocol, method, sent_s, time.monotonic() - sent_s, outcome)

    async def _over_grpc(self, method: str) -> str:
        try:
            if method == "shot":
                await self._grpc.shot(self._photo, SCENE, seed=next(self._seeds))
            else:
                await self._grpc.cutout(self._photo)
        except VitrineError as error:
            return error.code
        return OK

    async def _over_http(self, method: str) -> str:
        fields = {"scene_id": SCENE, "seed": str(next(self._seeds))} if method == "shot" else {}
        try:
            answer = await self._http.post(f"/v1/{method}s", files={"image": ("a.jpg", self._photo)}, data=fields)
        except httpx.TransportError as error:
            return type(error).__name__
        return OK if answer.is_success else str(answer.json().get("code", answer.status_code))


class SteadyLoad:
    """Calls at even intervals while the body of `with` runs; at its end all are answered.

    Args:
        settings: Of the service.
        photo: The file that is sent.
        per_s: Calls per second.
    """

    def __init__(self, settings: Settings, photo: bytes, per_s: float) -> None:
        self.answers: list[Answer] = []
        self._settings, self._photo, self._per_s = settings, photo, per_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    async def _run(self) -> None:
        began = time.monotonic()
        async with Calls(self._settings, self._photo) as calls:

            async def send(number: int, _: float) -> None:
                self.answers.append(await calls.make(*KINDS[number % len(KINDS)]))

            evenly = (began + number / self._per_s for number in itertools.count())
            await send_when_due(evenly, send, self._ended.is_set)


def capacity_per_s(settings: Settings, photo: bytes, count: int, at_once: int = 4) -> float:
    """Calls per second with some under way at all times.

    Args:
        settings: Of the service.
        photo: The file that is sent.
        count: How many are made.
        at_once: How many are under way.

    Raises:
        RuntimeError: A call failed, so this is no capacity.
    """

    async def run() -> float:
        kinds = iter([kind for kind, _ in zip(itertools.cycle(KINDS), range(count), strict=False)])
        async with Calls(settings, photo) as calls:

            async def work() -> list[Answer]:
                return [await calls.make(*kind) for kind in kinds]

            began = time.monotonic()
            answers = list(itertools.chain(*await asyncio.gather(*(work() for _ in range(at_once)))))
            took_s = time.monotonic() - began
        if failed := failures(answers):
            raise RuntimeError(f"calls failed without any fault: {failed}")
        return count / took_s

    return asyncio.run(run())


def failures(answers: Sequence[Answer]) -> dict[str, int]:
    """How many failed, by protocol, method and error."""
    return dict(Counter(f"{each.protocol} {each.method} {each.outcome}" for each in answers if each.outcome != OK))
