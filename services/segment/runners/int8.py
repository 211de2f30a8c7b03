"""A network in 8-bit integers: where it is rounded, and to which ranges.

Every tensor that a convolution, a pooling, a resize, a concatenation or a sum of two tensors reads gets a FakeQuantize
node, and every kernel one of its own for each output channel; OpenVINO then computes between them in int8
(docs.openvino.ai, "Low Precision Transformations"). The tensors' ranges were seen by `calibrate.py` on 20
photos of the Clothing dataset (small), CC0, and lie beside this file, so that a start needs neither photos nor a
quantisation library. What is rounded is what NNCF 3.4 would choose.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import openvino
import yaml
from numpy.typing import NDArray
from openvino import opset13

from services.common.errors import ModelUnavailable

RANGES = Path(__file__).with_name("isnet_ranges.yaml")
_READERS = {"Convolution", "MaxPool", "Interpolate", "Concat", "Add"}
#: They hand on values that are rounded already.
_TRANSPARENT = {"MaxPool", "Concat"}
_LEVELS = 256
#: Symmetric, with zero among them.
_KERNEL_LEVELS = 255


@dataclass(frozen=True)
class Ranges:
    """The least and the largest value of a network's tensors.

    Args:
        sha256: Of the network's file.
        of_tensor: Least and largest by the name of the node that gives the tensor.
    """

    sha256: str
    of_tensor: dict[str, tuple[float, float]]

    @classmethod
    def shipped(cls) -> Self:
        """Those of our IS-Net."""
        found = yaml.safe_load(RANGES.read_text("utf-8"))
        return cls(found["sha256"], {name: (low, high) for name, (low, high) in found["ranges"].items()})

    def belong_to(self, path: Path) -> bool:
        """Whether the file is the network that they were seen in."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256


def quantize(model: openvino.Model, ranges: Ranges) -> None:
    """Put FakeQuantize nodes into a network.

    Args:
        model: Changed in place.
        ranges: Of this network.

    Raises:
        ModelUnavailable: A tensor has no range.
    """
    for tensor in rounded_tensors(model):
        name = tensor.get_node().get_friendly_name()
        if name not in ranges.of_tensor:
            raise ModelUnavailable(f"no range is known for {name} of the segmentation network", wanted="its ranges")
        low, high = (np.array(value, np.float32) for value in ranges.of_tensor[name])
        readers = [reader for reader in tensor.get_target_inputs() if _rounds(reader)]
        rounded = opset13.fake_quantize(tensor, low, high, low, high, _LEVELS)
        for reader in readers:
            reader.replace_source_output(rounded.output(0))
    for node in model.get_ops():
        if node.get_type_name() == "Convolution":
            _round_kernels(node)
    model.validate_nodes_and_infer_types()


def rounded_tensors(model: openvino.Model) -> list[Any]:
    """The tensors that are rounded, each once, in the order of computing."""
    found = {}
    for node in model.get_ordered_ops():
        for port in node.inputs():
            if _rounds(port):
                source = port.get_source_output()
                found[source.get_node().get_friendly_name()] = source
    return list(found.values())


def _rounds(port: Any) -> bool:
    """Whether what a node reads here is rounded: features, neither kernels and biases nor shapes."""
    reader, source = port.get_node(), port.get_source_output()
    if reader.get_type_name() not in _READERS or source.get_node().get_type_name() in _TRANSPARENT:
        return False
    features = all(_is_feature(each.get_source_output()) for each in reader.inputs())
    if reader.get_type_name() in {"Concat", "Add"}:
        return features
    return bool(port.get_index() == 0)


def _is_feature(tensor: Any) -> bool:
    node = tensor.get_node()
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return len(tensor.get_shape()) == 4 and node.get_type_name() not in {"Constant", "Reshape"}


def _round_kernels(convolution: Any) -> None:
    kernels = convolution.input_value(1)
    reach = np.abs(_constant(kernels.get_node())).max(axis=(1, 2, 3), keepdims=True)
    # A channel of zeros has no range of its own.
    reach = np.maximum(reach, np.float32(1e-9))
    rounded = opset13.fake_quantize(kernels, -reach, reach, -reach, reach, _KERNEL_LEVELS)
    convolution.input(1).replace_source_output(rounded.output(0))


def _constant(node: Any) -> NDArray[np.float32]:
    """A constant's values, also where the file keeps them as float16."""
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return np.asarray(node.data, dtype=np.float32)
