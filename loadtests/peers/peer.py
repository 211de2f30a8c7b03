"""Who is measured, and each of them as a process that is up or not."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import psutil

from loadtests.peers.callers import CUTOUT, SHOT, Caller, GrpcCaller, HttpCaller, LineCaller
from loadtests.peers.memory import tree
from services.cli.service_process import SERVE_COMMAND, ServiceProcess
from services.common.settings import Settings

_END_TIMEOUT_S: Final = 30.0
_PYTHON: Final = (sys.executable, "-m")


@dataclass(frozen=True)
class Setup:
    """How a service around the script is set up.

    Args:
        workers: Processes, each with a session of its own.
        threads: Pictures that each works on at once.
        compute_threads: Of each session; 0 = one per core.
    """

    workers: int = 1
    threads: int = 1
    compute_threads: int = 0

    def __str__(self) -> str:
        computing = self.compute_threads or "as many as cores"
        return f"workers: {self.workers}, pictures at once in each: {self.threads}, compute threads: {computing}"


@dataclass(frozen=True)
class Peer:
    """One way to make the same pictures.

    Args:
        letter, title: For tables.
        command: Starts it; gets options of `vitrine serve`.
        environment: Variables beside this process's own.
        paths: By kind, where it is reached by HTTP.
        health: What says over HTTP that it is ready.
        grpc: Whether it is reached by gRPC too.
        orderly: Whether it has to end in order, and can't just be killed.
    """

    letter: str
    title: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    health: str = ""
    grpc: bool = False
    orderly: bool = False

    @property
    def served(self) -> bool:
        """Whether callers come to it by a network."""
        return bool(self.paths)


#: What is tried of (b), the best first: as many threads as cores, a process per core, and FastAPI's own 40 threads.
FASTAPI_SETUPS: Final = (Setup(1, 2, 0), Setup(2, 1, 1), Setup(1, 40, 0))
#: Of (c), whose workers make one picture at a time: a worker per core, as its documents advise, and one with all cores.
LITSERVE_SETUPS: Final = (Setup(2, 1, 1), Setup(1, 1, 0))


def script() -> Peer:
    """(a)."""
    return Peer("a", "plain script", (*_PYTHON, "loadtests.peers.plain_script"))


def fastapi(setup: Setup) -> Peer:
    """(b)."""
    return Peer(
        "b", "FastAPI around it",
        (*_PYTHON, "loadtests.peers.fastapi_service", "--workers", str(setup.workers)),
        {"PEER_THREADS": str(setup.threads), "PEER_COMPUTE_THREADS": str(setup.compute_threads)},
        {CUTOUT: "/cutouts", SHOT: "/shots"}, "/health",
    )  # fmt: skip


def litserve(setup: Setup) -> Peer:
    """(c)."""
    numbers = ("--workers", str(setup.workers), "--compute-threads", str(setup.compute_threads))
    paths = {CUTOUT: "/predict", SHOT: "/predict"}
    command = (*_PYTHON, "loadtests.peers.litserve_service", *numbers)
    return Peer("c", "LitServe around it", command, {}, paths, "/health")


def plain_classes() -> Peer:
    """(d)."""
    return Peer("d", "Vitrine's plain classes", (*_PYTHON, "loadtests.peers.plain_classes"))


def vitrine(cutouts_mb: int = 0) -> Peer:
    """(e).

    Args:
        cutouts_mb: Memory for cutouts of photos that come again; none, as all others cut out every time.
    """
    at_work = {"VITRINE_SEGMENT__CUTOUTS_MB": str(cutouts_mb)}
    paths = {CUTOUT: "/v1/cutouts", SHOT: "/v1/shots"}
    return Peer("e", "Vitrine", SERVE_COMMAND, at_work, paths, "/readyz", grpc=True, orderly=True)


class Running:
    """A peer while the body of `async with` runs; made inside a running loop. At its end its pictures are removed.

    Args:
        peer: Which.
        settings: Where it listens.
        folder: For its files and its log.
    """

    def __init__(self, peer: Peer, settings: Settings, folder: Path) -> None:
        self.peer = peer
        self._data_dir = folder / "data"
        self._log = folder / "log"
        self._process = ServiceProcess(settings, self._data_dir, self._log, peer.command, peer.environment)
        host, port = settings.http.host, settings.http.port
        self._door: HttpCaller | LineCaller = (
            HttpCaller(f"http://{host}:{port}", peer.paths, peer.health) if peer.served else LineCaller(host, port)
        )
        self.callers: list[Caller] = [self._door]
        if peer.grpc:
            self.callers.append(GrpcCaller(self._process.address))
        self.started_s = 0.0

    @property
    def pid(self) -> int:
        """Of its first process.

        Raises:
            RuntimeError: It was not started.
        """
        if self._process.pid is None:
            raise RuntimeError("the peer was not started")
        return self._process.pid

    async def __aenter__(self) -> Self:
        self.started_s = time.monotonic()
        self._process.__enter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            for caller in self.callers:
                await caller.close()
        finally:
            await self._end()

    async def _end(self) -> None:
        started = tree(self.pid)
        if not self.peer.orderly:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.stop()
        # Its ports and its memory are taken until the last one is gone.
        await asyncio.to_thread(psutil.wait_procs, started, _END_TIMEOUT_S)
        shutil.rmtree(self._data_dir, ignore_errors=True)

    async def ready(self) -> bool:
        """Whether it says that it is.

        Raises:
            RuntimeError: It has ended.
        """
        if psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError(f"({self.peer.letter}) ended instead of starting: see {self._log}")
        return await self._door.ready()
