"""OpenVINO: the default on CPUs."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openvino
from filelock import FileLock
from numpy.typing import NDArray

from services.common.errors import Internal, ModelUnavailable, VitrineError
from services.generate.engine.network import Arrays, ArraySpec, checked

#: What is computed in; "auto" = bfloat16 where the CPU has instructions for it, else float32.
Precision = Literal["auto", "bf16", "f32"]


class OpenVinoNetwork:
    """A network on the CPU.

    bfloat16 keeps 8 bits of mantissa; inputs and outputs stay what the file has them as. The hint is
    `INFERENCE_PRECISION_HINT` of docs.openvino.ai.

    Args:
        path: The ONNX file.
        threads: Compute threads.
        cache_dir: Where the compiled network is kept, so that the next start skips compiling.
        precision: See there.
        outputs: How many are wanted, from the first; None = all. What only others need is not computed.
        change: Changes the network in place before it is compiled.

    Raises:
        ModelUnavailable: OpenVINO has no CPU device here, or can't load the file.
    """

    def __init__(
        self,
        path: Path,
        threads: int,
        cache_dir: Path,
        precision: Precision = "auto",
        outputs: int | None = None,
        change: Callable[[openvino.Model], None] | None = None,
    ) -> None:
        hint = ("bf16" if computes_bfloat16() else "f32") if precision == "auto" else precision
        options = {
            "INFERENCE_PRECISION_HINT": hint,
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
        }
        try:
            cache_dir.mkdir(parents=True, exist_ok=True)
            core = openvino.Core()
            core.set_property({"CACHE_DIR": str(cache_dir)})
            model = with_outputs(core.read_model(path), outputs)
            if change:
                change(model)
            # Replicas that start together would write one file of the cache, and one of them fail.
            with FileLock(cache_dir / "compiling.lock"):
                compiled = core.compile_model(model, "CPU", options)
            self._request: Any = compiled.create_infer_request()
            self.inputs = tuple(_spec(each) for each in compiled.inputs)
            self._outputs = {each.get_any_name(): each for each in compiled.outputs}
        except VitrineError:
            raise
        except Exception as error:  # it raises bare RuntimeError and pybind errors
            raise ModelUnavailable("OpenVINO can't load the network", file=path.name) from error
        self.name = f"openvino-{hint}"
        # One request's buffers serve all callers, in turn: two at once would only share the same threads.
        self._turn = threading.Lock()

    def infer(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """See `ArrayNetwork.infer`."""
        checked(self.inputs, arrays)
        with self._turn:
            try:
                self._request.infer(dict(arrays), share_inputs=True)
                # A copy: the next pass writes into the same buffer.
                return {name: np.array(self._request.get_tensor(port).data) for name, port in self._outputs.items()}
            except Exception as error:  # see above
                raise Internal("the network failed in OpenVINO") from error

    def close(self) -> None:
        """See `ArrayNetwork.close`."""
        with self._turn:
            self._request, self._outputs = None, {}


def computes_bfloat16() -> bool:
    """Whether the CPU has instructions for bfloat16; it then has those for int8 too (AVX512-VNNI, AMX).

    Raises:
        ModelUnavailable: OpenVINO has no CPU device here.
    """
    try:
        return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except RuntimeError as error:
        raise ModelUnavailable("OpenVINO has no CPU device here") from error


def with_outputs(model: openvino.Model, count: int | None) -> openvino.Model:
    """The same network with its first outputs alone; None = all.

    IS-Net gives eleven more than its mask, for training: side masks and feature maps of 100 MB, which take a fifth of
    the time.
    """
    return openvino.Model(model.outputs[:count], model.get_parameters(), model.get_friendly_name())


def _spec(port: Any) -> ArraySpec:
    shape = tuple(None if side.is_dynamic else side.get_length() for side in port.partial_shape)
    return ArraySpec(port.get_any_name(), shape, np.dtype(port.element_type.to_dtype()))
