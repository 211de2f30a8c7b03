"""A real, tiny ONNX network that takes colourful things for products."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_tiny_network(path, side=96):
    """Write a network of IS-Net's form: (1, 3, side, side) in, a mask and one further output out.

    The mask is a soft threshold on how far the strongest and the weakest colour channel lie apart, smoothed by a 3 x 3
    convolution.
    """
    smooth = np.full((3, 3, 3, 3), 0, np.float32)
    for channel in range(3):
        smooth[channel, channel] = 1 / 9
    constants = {
        "smooth": smooth,
        "channel": np.array([1], np.int64),
        "threshold": np.array(0.2, np.float32),
        "slope": np.array(60, np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["input", "smooth"], ["colour"], pads=[1, 1, 1, 1]),
        helper.make_node("ReduceMax", ["colour", "channel"], ["strongest"], keepdims=1),
        helper.make_node("ReduceMin", ["colour", "channel"], ["weakest"], keepdims=1),
        helper.make_node("Sub", ["strongest", "weakest"], ["spread"]),
        helper.make_node("Sub", ["spread", "threshold"], ["above"]),
        helper.make_node("Mul", ["above", "slope"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["mask"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
        [
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 1, side, side]),
            helper.make_tensor_value_info("colour", TensorProto.FLOAT, [1, 3, side, side]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
