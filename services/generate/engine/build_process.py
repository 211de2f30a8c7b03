"""The process that builds one engine: a crash, a leak or a hang of the library ends here.

Reads a job as JSON on standard input; tells progress and its end as JSON lines on the file descriptor that is its only
argument. `builder.py` starts it.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from services.common.errors import InvalidInput, VitrineError
from services.generate.engine.backend import Library
from services.generate.engine.faults import failed_build, out_of_memory, refused_graph
from services.generate.engine.nvidia import BuilderConfig, Module, Network
from services.generate.engine.spec import Backend, Target

Tell = Callable[[Mapping[str, Any]], None]
#: The graph's types by the library's names.
_DTYPES: Final = {"HALF": "float16", "FLOAT": "float32", "BF16": "bfloat16", "INT64": "int64", "INT32": "int32"}


class EngineBuild:
    """One build.

    Args:
        job: See `builder.py`.
        tell: Told progress.
    """

    def __init__(self, job: Mapping[str, Any], tell: Tell) -> None:
        self._job = job
        self._tell = tell
        self._library = Library.open(Backend(job["backend"]))
        self._words: list[str] = []
        self._logger = _logger(self._library.module, self._words)
        self._builder = self._library.module.Builder(self._logger)

    def run(self) -> bytes:
        """The engine.

        Raises:
            InvalidInput: The library refuses the graph or a profile.
            ModelUnavailable: It can't be built, or memory does not suffice.
        """
        network = self._read()
        self._check_types(network)
        for name in self._job["refittable"]:
            if not network.mark_weights_refittable(name):
                raise InvalidInput(f"the graph has no weights {name!r} that could be refitted", field="refit")
        engine = self._builder.build_serialized_network(network, self._configure())
        if engine is None:
            raise failed_build(self._library.backend, self._words, self._job["memory_mb"])
        return bytes(engine)

    def _read(self) -> Network:
        network = self._builder.create_network(0)
        parser = self._library.module.OnnxParser(network, self._logger)
        if not parser.parse_from_file(self._job["onnx"]):
            error = parser.get_error(0)
            raise refused_graph(self._library.backend, error.node_name(), error.node_operator(), error.desc())
        self._parser = parser  # owns the weights until the engine is built
        return network

    def _check_types(self, network: Network) -> None:
        """Types are the graph's own since TensorRT 11; an engine of others would be slow or wrong, and say nothing."""
        tensors = [network.get_input(place) for place in range(network.num_inputs)]
        tensors += [network.get_output(place) for place in range(network.num_outputs)]
        found = {tensor.name: _DTYPES.get(tensor.dtype.name, tensor.dtype.name) for tensor in tensors}
        if found != self._job["dtypes"]:
            wrong = {name: dtype for name, dtype in found.items() if self._job["dtypes"].get(name) != dtype}
            raise InvalidInput(f"the graph's inputs and outputs are not those that were exported: {wrong}")

    def _configure(self) -> BuilderConfig:
        module, job = self._library.module, self._job
        config = self._builder.create_builder_config()
        config.builder_optimization_level = job["optimization_level"]
        config.set_memory_pool_limit(module.MemoryPoolType.WORKSPACE, job["workspace_mb"] << 20)
        config.progress_monitor = _monitor(module, self._tell)
        self._library.select_devices(config, _target(job["target"]))
        for name in job["flags"]:
            config.set_flag(getattr(module.BuilderFlag, name))
        if job["refittable"]:
            config.set_flag(module.BuilderFlag.REFIT_INDIVIDUAL)
        for shapes in job["profiles"]:
            profile = self._builder.create_optimization_profile()
            for name, (least, best, most) in shapes.items():
                profile.set_shape(name, least, best, most)
            if config.add_optimization_profile(profile) < 0:
                raise failed_build(self._library.backend, self._words, job["memory_mb"])
        return config


def _target(fields: Mapping[str, Any]) -> Target:
    return Target(
        Backend(fields["backend"]), fields["version"], fields["cuda"], tuple(fields["compute_capabilities"]),
        fields["gpu"], fields["platform"],
    )  # fmt: skip


def _logger(module: Module, words: list[str]) -> Any:
    """Keeps warnings and worse."""

    class Logger(module.ILogger):  # type: ignore[name-defined,misc] # a class of the library that is installed
        def __init__(self) -> None:
            module.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            if severity <= module.ILogger.Severity.WARNING:
                words.append(message)

    return Logger()


def _monitor(module: Module, tell: Tell) -> Any:
    """Tells how far the phases of a build are."""

    class Monitor(module.IProgressMonitor):  # type: ignore[name-defined,misc] # a class of the library that is installed
        def __init__(self) -> None:
            module.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, name: str, parent: str | None, steps: int) -> None:
            del parent
            self._steps[name] = steps
            tell({"phase": name, "step": 0, "steps": steps})

        def step_complete(self, name: str, step: int) -> bool:
            tell({"phase": name, "step": step + 1, "steps": self._steps.get(name, 0)})
            return True

        def phase_finish(self, name: str) -> None:
            self._steps.pop(name, None)

    return Monitor()


def _run(job: Mapping[str, Any], tell: Tell) -> None:
    memory_bytes = int(job["memory_mb"]) << 20
    # What is written to, not what is reserved: CUDA reserves more addresses than there is memory.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    try:
        engine = EngineBuild(job, tell).run()
        with Path(job["engine"]).open("wb") as file:
            file.write(engine)
            file.flush()
            os.fsync(file.fileno())
    except VitrineError as error:
        _tell_failure(tell, error)
    except MemoryError:
        _tell_failure(tell, out_of_memory(job["backend"], job["memory_mb"]))
    else:
        tell({"done": True})


def _tell_failure(tell: Tell, error: VitrineError) -> None:
    tell({"failed": error.code, "message": error.message, "details": error.details})


def main() -> None:
    """Build what standard input says."""
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as out:

        def tell(message: Mapping[str, Any]) -> None:
            out.write(json.dumps(message) + "\n")
            out.flush()

        _run(json.load(sys.stdin), tell)


if __name__ == "__main__":
    main()
