"""An engine's life: built in the background, verified, and only then in use, while the next runner serves.

    MISSING -> BUILDING -> VERIFYING -> ACTIVE
                                     -> QUARANTINED     also from ACTIVE, where it fails at work
    MISSING again where a build fails; the next start tries anew.

Nothing is built inside a request.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from services.common.errors import Internal, InvalidInput, ModelUnavailable, VitrineError
from services.common.logs import logger
from services.generate.engine.builder import with_less_memory
from services.generate.engine.gate import Verdict
from services.generate.engine.runner import Runner
from services.generate.engine.spec import EngineSpec, Part
from services.generate.engine.store import EngineStore, StoredEngine

#: How often a machine that did not get to build looks whether another has.
LOOK_AGAIN_S: Final = 15.0


class EngineState(StrEnum):
    """See the head of this file."""

    MISSING = "missing"
    BUILDING = "building"
    VERIFYING = "verifying"
    ACTIVE = "active"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class EngineWork:
    """What a life is made of.

    Args:
        build: Writes the engine of a spec to a path.
        open: Makes a runner of an engine.
        judge: The golden gate.
        look: Says what is plainly wrong after a refit; empty = nothing.
    """

    build: Callable[[EngineSpec, Path], None]
    open: Callable[[StoredEngine], Runner]
    judge: Callable[[Runner, EngineSpec], Verdict]
    look: Callable[[Runner, EngineSpec], str]


class _Seat:
    """A runner and whose turn it is; once closed it takes nobody."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.turn = threading.Lock()
        self.closed = False

    def close(self) -> None:
        """Wait for who is at work, then close."""
        with self.turn:
            if not self.closed:
                self.closed = True
                self.runner.close()


class EngineRunner:
    """A runner that is its engine as soon as that may serve, and another one until then.

    May be called by many threads; each runner underneath is called by one at a time.

    Args:
        part: The sub-model.
        describe: Gives the engine's spec, in the background: the graph may have to be exported first.
        store: Where engines lie.
        work: How they are made, opened and judged.
        fallback: Serves until then, and what the engine does not take.
        told: Told every state and why; called by the thread that changes it.
        look_again_s: See `LOOK_AGAIN_S`.
    """

    def __init__(
        self, part: Part, describe: Callable[[], EngineSpec], store: EngineStore, work: EngineWork, fallback: Runner,
        told: Callable[[Part, EngineState, str], None] | None = None, look_again_s: float = LOOK_AGAIN_S,
    ) -> None:  # fmt: skip
        self.part = part
        self._describe = describe
        self._spec: EngineSpec | None = None
        self._store = store
        self._work = work
        self._fallback = _Seat(fallback)
        self._told = told
        self._look_again_s = look_again_s
        self._engine: _Seat | None = None
        self._in_use = False
        self._state, self._reason = EngineState.MISSING, "not started"
        self._mutex = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = logger(part="engines", engine=part.value)

    @property
    def name(self) -> str:
        """Of the runner that the next call gets."""
        return self._seat().runner.name

    @property
    def state(self) -> EngineState:
        """Where the engine is in its life."""
        return self._state

    def status(self) -> dict[str, Any]:
        """For health, metrics and the operator; JSON types only."""
        with self._mutex:
            return {
                "part": self.part.value, "key": self._spec.key() if self._spec else "", "state": self._state.value,
                "reason": self._reason, "serving": self._seat().runner.name,
            }  # fmt: skip

    def start(self) -> None:
        """Begin to make the engine, in a thread."""
        self._thread = threading.Thread(target=self.prepare, name=f"engine {self.part}", daemon=True)
        self._thread.start()

    def prepare(self) -> None:
        """Make the engine, judge it and use it, here and now; what fails leaves the fallback serving."""
        try:
            self._make()
        except VitrineError as error:
            quarantined = error.details.get("reason") == "quarantined"
            self._enter(EngineState.QUARANTINED if quarantined else EngineState.MISSING, error.message)
        except Exception as error:  # noqa: BLE001 - a thread's end must be told, whatever it died of
            self._log.error("engine's background work failed", exc_info=error)
            self._enter(EngineState.MISSING, "its background work failed; the log says why")

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All outputs, from the engine where it serves and takes these inputs.

        An engine that fails is quarantined, and the request goes to the fallback: it is not dropped.

        Raises:
            InvalidInput: The fallback does not take the inputs either.
            Internal: The fallback failed.
        """
        while True:
            seat = self._seat()
            with seat.turn:
                if seat.closed and seat is not self._fallback:
                    continue  # it was taken out of use while we waited for our turn
                if seat is self._fallback:
                    return seat.runner.run(inputs)
                try:
                    return seat.runner.run(inputs)
                except InvalidInput:
                    pass  # a shape without a profile, say
                except Internal as error:
                    self._retire(error.message)
            with self._fallback.turn:
                return self._fallback.runner.run(inputs)

    def refit(self, change: Callable[[Runner], None]) -> None:
        """Change the engine's weights; requests go to the fallback meanwhile.

        The change begins when nobody is at work in the engine: changing weights under one is undefined. Where it fails,
        some weights may be changed and others not, so the engine is thrown away and read anew.

        Args:
            change: Given the engine's runner.

        Raises:
            ModelUnavailable: There is no engine in use.
            VitrineError: What `change` raised, or the engine draws nothing with the new weights.
        """
        with self._mutex:
            seat, self._in_use = self._engine, False
        if seat is None or self._spec is None:
            raise ModelUnavailable("there is no engine whose weights could be changed")
        try:
            with seat.turn:
                change(seat.runner)
                # Zeros were seen after refits: https://github.com/pytorch/TensorRT/issues/3255
                fault = self._work.look(seat.runner, self._spec)
            if fault:
                raise ModelUnavailable(f"the engine fails with its new weights: {fault}")
        except VitrineError:
            seat.close()
            self._replace(None)
            self.start()
            raise
        with self._mutex:
            self._in_use = not seat.closed

    def close(self) -> None:
        """End the background work and close both runners; calling it again does nothing."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        engine = self._replace(None)
        if engine is not None:
            engine.close()
        self._fallback.close()

    def _seat(self) -> _Seat:
        engine = self._engine
        return engine if engine is not None and self._in_use else self._fallback

    def _make(self) -> None:
        self._enter(EngineState.BUILDING, "being built or fetched")
        self._spec = self._describe()
        stored = self._obtain(self._spec)
        if stored is not None:
            self._verify(stored, self._spec)

    def _obtain(self, spec: EngineSpec) -> StoredEngine | None:
        """The engine, built here or by another; None where nobody wants it any more."""
        while not self._closing.is_set():
            try:
                stored = self._store.build(spec, partial(self._work.build, spec))
            except ModelUnavailable as error:
                smaller = with_less_memory(spec)
                if error.details.get("reason") != "out_of_memory" or smaller is None:
                    raise
                self._spec = spec = smaller
                self._enter(EngineState.BUILDING, f"{error.message}; trying with half the workspace")
                continue
            if stored is not None:
                return stored
            self._enter(EngineState.BUILDING, "another process or machine is building it")
            self._closing.wait(self._look_again_s)
        return None

    def _verify(self, stored: StoredEngine, spec: EngineSpec) -> None:
        self._enter(EngineState.VERIFYING, "being compared with the reference")
        runner = self._work.open(stored)
        verdict = self._work.judge(runner, spec)
        if not verdict.passed:
            runner.close()
            reason = "; ".join(verdict.faults[:3]) or "nothing could be compared"
            self._store.quarantine(spec, reason)
            self._enter(EngineState.QUARANTINED, reason)
            return
        self._replace(_Seat(runner))
        self._enter(
            EngineState.ACTIVE,
            f"agrees with the reference in {verdict.compared} outputs (off by up to {verdict.worst_difference:.3f})",
        )

    def _retire(self, reason: str) -> None:
        """Take the engine out of use, for good on this machine; called with its turn."""
        seat = self._replace(None)
        if seat is not None and self._spec is not None:
            seat.closed = True
            seat.runner.close()
            self._store.quarantine(self._spec, reason)
            self._enter(EngineState.QUARANTINED, reason)

    def _replace(self, engine: _Seat | None) -> _Seat | None:
        """Put an engine in use, or none; who is at work in the one before ends there."""
        with self._mutex:
            before, self._engine = self._engine, engine
            self._in_use = engine is not None
        return before

    def _enter(self, state: EngineState, reason: str) -> None:
        with self._mutex:
            self._state, self._reason = state, reason
        self._log.info("engine state", state=state.value, reason=reason)
        if self._told is not None:
            self._told(self.part, state, reason)
