"""ONNX Runtime: the reference on CPUs, and the fallback where OpenVINO does not work."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.common.errors import Internal, ModelUnavailable
from services.generate.engine.network import Arrays, ArraySpec, checked

#: By the names that ONNX Runtime gives to types.
_TYPES: Final = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64, "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}  # fmt: skip


class OnnxRuntimeNetwork:
    """A network on the CPU, computed in the types that its file has.

    Args:
        path: The ONNX file.
        threads: Compute threads.
        outputs: How many are wanted, from the first; None = all.

    Raises:
        ModelUnavailable: The file is no network that ONNX Runtime loads.
    """

    name = "onnxruntime"

    def __init__(self, path: Path, threads: int, outputs: int | None = None) -> None:
        # It would keep a device id and a queue of events in the user's cache folder.
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would take the other stages' cores between two photos.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            self.inputs = tuple(_spec(each) for each in self._session.get_inputs())
            self._outputs = [each.name for each in self._session.get_outputs()][:outputs]
        except Exception as error:  # its exceptions share no public base
            raise ModelUnavailable("ONNX Runtime can't load the network", file=path.name) from error

    def infer(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """See `ArrayNetwork.infer`."""
        checked(self.inputs, arrays)
        try:
            found = self._session.run(self._outputs, dict(arrays))
        except Exception as error:  # see above
            raise Internal("the network failed in ONNX Runtime") from error
        return dict(zip(self._outputs, found, strict=True))

    def close(self) -> None:
        """See `ArrayNetwork.close`."""
        self._session = None


def _spec(found: Any) -> ArraySpec:
    shape = tuple(side if isinstance(side, int) else None for side in found.shape)
    return ArraySpec(found.name, shape, np.dtype(_TYPES[found.type]))
