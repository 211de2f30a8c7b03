"""OpenVINO: the default on CPUs."""

import threading
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from services.common.errors import Internal, ModelUnavailable
from services.common.geometry import SizeHW
from services.segment.runners.int8 import Ranges, quantize


class OpenVinoRunner:
    """A network on the CPU, in bfloat16 where the CPU computes in it (AVX512-BF16, AMX), else in float32.

    bfloat16 keeps 8 bits of mantissa, which moves a mask by about a hundredth; the hint is
    `INFERENCE_PRECISION_HINT` of docs.openvino.ai. With ranges, most of the network computes in int8.

    Args:
        path: The ONNX file.
        threads: Compute threads.
        cache_dir: Where the compiled network is kept, so that the next start skips compiling.
        ranges: Of the network's tensors; None = no int8.

    Raises:
        ModelUnavailable: OpenVINO has no CPU device here, or can't load the file, or a range is missing.
    """

    def __init__(self, path: Path, threads: int, cache_dir: Path, ranges: Ranges | None = None) -> None:
        try:
            core = openvino.Core()
            precision = "bf16" if computes_bfloat16() else "f32"
            core.set_property({"CACHE_DIR": str(cache_dir)})
            options = {
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": threads,
                "PERFORMANCE_HINT": "LATENCY",
            }
            model = first_output_only(core.read_model(path))
            if ranges:
                quantize(model, ranges)
            compiled = core.compile_model(model, "CPU", options)
            self._request = compiled.create_infer_request()
            self._output = compiled.output(0)
            _, _, height, width = compiled.input(0).shape
        except ModelUnavailable:
            raise
        except Exception as error:  # it raises bare RuntimeError and pybind errors
            raise ModelUnavailable("OpenVINO can't load the segmentation network") from error
        self.input_hw: SizeHW = (int(height), int(width))
        self.name = "openvino-int8" if ranges else f"openvino-{precision}"
        # One request's buffers serve all callers, in turn: two at once would only share the same threads.
        self._turn = threading.Lock()

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """One forward pass; see `Runner.run`."""
        with self._turn:
            try:
                self._request.infer([batch], share_inputs=True)
                # A copy: the next pass writes into the same buffer.
                return np.array(self._request.get_tensor(self._output).data, dtype=np.float32)
            except Exception as error:  # see above
                raise Internal("the segmentation network failed") from error


def computes_bfloat16() -> bool:
    """Whether the CPU has instructions for bfloat16; it then has those for int8 too (AVX512-VNNI, AMX).

    Raises:
        ModelUnavailable: OpenVINO has no CPU device here.
    """
    try:
        return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except RuntimeError as error:
        raise ModelUnavailable("OpenVINO has no CPU device here") from error


def first_output_only(model: openvino.Model) -> openvino.Model:
    """The same network without its other outputs.

    IS-Net gives eleven more, for training: side masks and feature maps of 100 MB, which take a fifth of the time.
    """
    return openvino.Model([model.outputs[0]], model.get_parameters(), model.get_friendly_name())
