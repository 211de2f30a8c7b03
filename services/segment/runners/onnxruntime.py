"""ONNX Runtime: the reference, and the fallback where OpenVINO does not work."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.common.errors import Internal, ModelUnavailable
from services.common.geometry import SizeHW


class OnnxRuntimeRunner:
    """A network on the CPU in float32.

    Args:
        path: The ONNX file.
        threads: Compute threads.

    Raises:
        ModelUnavailable: The file is no network that ONNX Runtime loads.
    """

    name = "onnxruntime-f32"

    def __init__(self, path: Path, threads: int) -> None:
        # It would keep a device id and a queue of events in the user's cache folder.
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would take the other stages' cores between two photos.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no public base
            raise ModelUnavailable("ONNX Runtime can't load the segmentation network") from error
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name
        height, width = self._session.get_inputs()[0].shape[2:]
        self.input_hw: SizeHW = (int(height), int(width))

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """One forward pass; see `Runner.run`."""
        try:
            (mask,) = self._session.run([self._output], {self._input: batch})
        except Exception as error:  # see above
            raise Internal("the segmentation network failed") from error
        return np.asarray(mask, dtype=np.float32)
