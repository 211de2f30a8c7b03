"""Networks in a library for CPUs, made ready in the background while torch serves."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor

from services.common.errors import Internal, VitrineError
from services.common.logs import logger
from services.generate.engine.gate import Verdict
from services.generate.engine.lifecycle import EngineState
from services.generate.engine.runner import Runner
from services.generate.engine.spec import Part

#: Told a part, its state, and why.
Told = Callable[[Part, EngineState, str], None]


class PreparedRunner:
    """Another runner until its own is made and agrees with it.

    Its life is that of engines (`lifecycle.py`); what it is made from is kept by `Exports`, so there is no engine to
    store, and neither runner minds being called by several threads.

    Args:
        part: The sub-model.
        make: Gives the runner; takes minutes.
        judge: The golden gate.
        fallback: Serves until then.
        told: Told every state.
    """

    def __init__(
        self,
        part: Part,
        make: Callable[[], Runner],
        judge: Callable[[Runner], Verdict],
        fallback: Runner,
        told: Told | None = None,
    ) -> None:
        self.part = part
        self._make = make
        self._judge = judge
        self._fallback = fallback
        self._told = told
        self._own: Runner | None = None
        self._state, self._reason = EngineState.MISSING, "not started"
        self._log = logger(part="engines", engine=part.value)

    @property
    def name(self) -> str:
        """Of the runner that the next call gets."""
        return (self._own or self._fallback).name

    @property
    def state(self) -> EngineState:
        """Where it is in its life."""
        return self._state

    def status(self) -> dict[str, Any]:
        """For health, metrics and the operator; JSON types only."""
        return {
            "part": self.part.value, "state": self._state.value, "reason": self._reason, "serving": self.name,
        }  # fmt: skip

    def prepare(self) -> None:
        """Make the runner, judge it, and use it; what fails leaves the other one serving."""
        self._enter(EngineState.BUILDING, "being exported and compiled")
        try:
            runner = self._make()
            self._enter(EngineState.VERIFYING, "being compared with torch")
            verdict = self._judge(runner)
        except VitrineError as error:
            self._enter(EngineState.MISSING, error.message)
            return
        except Exception as error:  # noqa: BLE001 - a thread's end must be told, whatever it died of
            self._log.error("making a runner failed", exc_info=error)
            self._enter(EngineState.MISSING, "making it failed; the log says why")
            return
        if not verdict.passed:
            runner.close()
            self._enter(EngineState.QUARANTINED, "; ".join(verdict.faults[:3]) or "nothing could be compared")
            return
        self._own = runner
        self._enter(EngineState.ACTIVE, f"agrees with torch in {verdict.compared} outputs")

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `Runner.run`. A runner that fails is quarantined, and the request goes to the other one."""
        own = self._own
        if own is not None:
            try:
                return own.run(inputs)
            except Internal as error:
                # Not closed: others may be at work in it.
                self._own = None
                self._enter(EngineState.QUARANTINED, error.message)
        return self._fallback.run(inputs)

    def close(self) -> None:
        """See `Runner.close`."""
        own, self._own = self._own, None
        if own is not None:
            own.close()
        self._fallback.close()

    def _enter(self, state: EngineState, reason: str) -> None:
        self._state, self._reason = state, reason
        self._log.info("engine state", state=state.value, reason=reason)
        if self._told is not None:
            self._told(self.part, state, reason)


class Prepared(Runner, Protocol):
    """A runner that is another one until its own is ready."""

    part: Part

    def prepare(self) -> None:
        """Make its own ready, here and now; whatever fails leaves the other one serving."""

    def status(self) -> dict[str, Any]:
        """Where it is in its life; JSON types only."""


class Preparation:
    """Makes runners ready, one after the other, in a thread of its own.

    Args:
        runners: In the order of what they gain.
    """

    def __init__(self, runners: Sequence[Prepared]) -> None:
        self.runners = tuple(runners)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self.run, name="engines", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def run(self) -> None:
        """Make all of them ready, here and now."""
        for runner in self.runners:
            if not self._closing.is_set():
                runner.prepare()

    def close(self) -> None:
        """Begin no other; one that is being made may be finished by the thread, which ends with the process."""
        self._closing.set()
