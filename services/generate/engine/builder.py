"""Builds engines, each in a process of its own with a limit of time and of memory."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from services.common.errors import LEAVES, Cancelled, DeadlineExceeded, Internal, VitrineError
from services.generate.engine.backend import check_buildable
from services.generate.engine.export import ExportedModel
from services.generate.engine.faults import crashed_build, failed_build, out_of_memory
from services.generate.engine.spec import EngineSpec, Refit

#: How often a running build is asked whether it is still wanted.
_LOOK_S: Final = 0.2
#: Of what the process says itself, which is looked through for the reason of a crash.
_LAST_WORDS_BYTES: Final = 20_000
_SMALLEST_WORKSPACE_MB: Final = 256
_ERRORS: Final = {leaf.code: leaf for leaf in LEAVES}


@dataclass(frozen=True)
class BuildProgress:
    """A step of a phase; phases lie inside each other, and their number is not known before."""

    phase: str
    step: int
    steps: int


Progress = Callable[[BuildProgress], None]


class EngineBuilder:
    """Builds engines of either library, one at a time: builders side by side crashed TensorRT 10.16
    (https://github.com/lightvector/KataGo/pull/1225).

    Args:
        timeout_s: Longest build.
        memory_mb: Most memory of the building process, in MiB; the workspace on the GPU is the spec's.
        has_gpu: Whether this machine has one.
    """

    def __init__(self, timeout_s: float, memory_mb: int, *, has_gpu: bool) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._has_gpu = has_gpu
        self._turn = threading.Lock()

    def build(
        self, model: ExportedModel, spec: EngineSpec, engine: Path, progress: Progress | None = None,
        cancelled: threading.Event | None = None,
    ) -> None:  # fmt: skip
        """Write an engine.

        Args:
            model: The graph, as `spec.model` says.
            spec: What to build.
            engine: The file to write; what is there after an error is no engine.
            progress: Told each step.
            cancelled: Ends the build when it is set.

        Raises:
            InvalidInput: This machine can't build it, or the library refuses the graph or a profile.
            ModelUnavailable: It can't be built; `details["reason"]` is "out_of_memory" where that was why.
            DeadlineExceeded: It took longer than allowed.
            Cancelled: `cancelled` was set.
            Internal: The graph is not the spec's, or the process died without a word.
        """
        check_buildable(spec, has_gpu=self._has_gpu)
        if model.spec != spec.model:
            raise Internal("the graph is not the one that the engine's spec names")
        with self._turn, tempfile.TemporaryFile() as words, _process(words) as (process, told):
            with closing(process.stdin) as stdin:  # type: ignore[type-var] # a pipe, as we asked for one
                _send(stdin, self._job(model, spec, engine))
            end = self._follow(process, told, progress or _silent, cancelled or threading.Event())
            if end is None:
                raise _died(spec, process.wait(), _tail(words), self._memory_mb)
        if "failed" in end:
            raise _ERRORS[end["failed"]](end["message"], **end["details"])

    def _job(self, model: ExportedModel, spec: EngineSpec, engine: Path) -> dict[str, Any]:
        interface = spec.model.interface
        ranges = [interface.profile_shapes(profile, spec.ranks) for profile in spec.profiles]
        return {
            "backend": spec.target.backend.value,
            "target": asdict(spec.target),
            "onnx": str(model.path),
            "engine": str(engine),
            "dtypes": {tensor.name: tensor.dtype for tensor in (*interface.inputs, *interface.outputs)},
            "profiles": [
                {name: [least[name], best[name], most[name]] for name in least} for least, best, most in ranges
            ],
            "refittable": list(model.adapter_targets) if spec.refit != Refit.NONE else [],
            "optimization_level": spec.options.optimization_level,
            "workspace_mb": spec.options.workspace_mb,
            "flags": list(spec.options.flags),
            "memory_mb": self._memory_mb,
        }

    def _follow(
        self, process: subprocess.Popen[bytes], told: int, progress: Progress, cancelled: threading.Event
    ) -> dict[str, Any] | None:
        """The last thing that the process tells; None where it ends without."""
        until = time.monotonic() + self._timeout_s
        for line in _lines(told, cancelled, until):
            message = json.loads(line)
            if "phase" not in message:
                return dict(message)
            progress(BuildProgress(**message))
        if cancelled.is_set():
            raise Cancelled("the build was cancelled")
        if time.monotonic() >= until:
            raise DeadlineExceeded(f"the build took longer than the {self._timeout_s:g} s that it may")
        process.wait()
        return None


def with_less_memory(spec: EngineSpec) -> EngineSpec | None:
    """The same engine with half the workspace, for another try; None where that is too little for any."""
    workspace_mb = spec.options.workspace_mb // 2
    if workspace_mb < _SMALLEST_WORKSPACE_MB:
        return None
    return replace(spec, options=replace(spec.options, workspace_mb=workspace_mb))


@contextmanager
def _process(words: Any) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The building process and the descriptor where it tells; both are gone afterwards."""
    told, tells = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
            [sys.executable, "-m", "services.generate.engine.build_process", str(tells)],
            stdin=subprocess.PIPE, stdout=words, stderr=words, pass_fds=(tells,), start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(tells)
    try:
        yield process, told
    finally:
        os.close(told)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _send(stdin: Any, job: dict[str, Any]) -> None:
    try:
        stdin.write(json.dumps(job).encode())
    except BrokenPipeError:
        return  # it died before it read; its end tells why


def _lines(told: int, cancelled: threading.Event, until: float) -> Iterator[bytes]:
    """Lines from a descriptor, until it ends, time is over or nobody wants them."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(told, selectors.EVENT_READ)
        while not cancelled.is_set() and time.monotonic() < until:
            if not selector.select(_LOOK_S):
                continue
            got = os.read(told, 1 << 16)
            if not got:
                return
            *lines, rest = (rest + got).split(b"\n")
            yield from lines


def _tail(words: Any) -> list[str]:
    size = words.seek(0, os.SEEK_END)
    words.seek(max(0, size - _LAST_WORDS_BYTES))
    return list(words.read().decode(errors="replace").splitlines())


#: How a process ends that did what it must not, such as to write where its memory was refused.
_CRASHES: Final = (-signal.SIGSEGV, -signal.SIGBUS)


def _died(spec: EngineSpec, code: int, words: list[str], memory_mb: int) -> VitrineError:
    """Why a process ended without a word: killed for memory, crashed, or could not start."""
    if code == -signal.SIGKILL:  # the kernel's way when memory is short; our own kills come after an end that is known
        return out_of_memory(spec.target.backend, memory_mb)
    if code in _CRASHES:
        return crashed_build(spec.target.backend, code, memory_mb)
    return failed_build(spec.target.backend, [*words, f"the process ended with {code}"], memory_mb)


def _silent(progress: BuildProgress) -> None:
    del progress
