"""See the ranges of a network's tensors on photos, and write them down for `int8.py`.

python -m services.segment.runners.calibrate isnet.onnx photos/*.jpg
"""

import argparse
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import yaml
from numpy.typing import NDArray
from openvino import opset13

from services.codecs.photo import decode_image
from services.common.settings import Settings
from services.generate.engine.runners.openvino import with_outputs
from services.segment.preprocess import to_batch
from services.segment.runners.int8 import RANGES, rounded_tensors

#: Two ranges, least and largest.
Seen = dict[str, tuple[float, float]]


def see_ranges(model: openvino.Model, batches: Iterable[NDArray[np.float32]]) -> Seen:
    """The least and the largest value of every tensor that is rounded, each averaged over the batches.

    The extremes of a single photo are rare values; a range that held them all would round the usual ones more coarsely.

    Args:
        model: Of one output.
        batches: (1, 3, H, W) float32 each.
    """
    tensors = rounded_tensors(model)
    names = [tensor.get_node().get_friendly_name() for tensor in tensors]
    axes = np.arange(4)
    extremes = [reduce(tensor, axes) for tensor in tensors for reduce in (opset13.reduce_min, opset13.reduce_max)]
    watched = openvino.Model([node.output(0) for node in extremes], model.get_parameters(), "watched")
    compiled = openvino.Core().compile_model(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    seen = [[float(value) for value in compiled([batch]).values()] for batch in batches]
    means = np.mean(seen, axis=0).reshape(-1, 2)
    return _joined(model, {name: (float(low), float(high)) for name, (low, high) in zip(names, means, strict=True)})


def _joined(model: openvino.Model, ranges: Seen) -> Seen:
    """The same with one range for all tensors that are concatenated: the next convolution reads one scale."""
    groups = [_names(node) for node in model.get_ordered_ops() if node.get_type_name() == "Concat"]
    joined = dict(ranges)
    changed = True
    while changed:
        before = dict(joined)
        for group in groups:
            known = [joined[name] for name in group if name in joined]
            if known:
                widest = min(low for low, _ in known), max(high for _, high in known)
                joined |= {name: widest for name in group if name in joined}
        changed = joined != before
    return joined


def _names(node: Any) -> list[str]:
    return [port.get_source_output().get_node().get_friendly_name() for port in node.inputs()]


def main() -> None:
    """Write the ranges of one network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path, help="The ONNX file.")
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=RANGES, help="File for the ranges.")
    options = parser.parse_args()
    model = with_outputs(openvino.Core().read_model(options.network), 1)
    _, _, height, width = model.input(0).shape
    limits = Settings().limits.image
    batches = (to_batch(decode_image(path.read_bytes(), limits).image, (height, width)) for path in options.photos)
    found: dict[str, Any] = {
        "sha256": hashlib.sha256(options.network.read_bytes()).hexdigest(),
        "ranges": {
            name: [float(f"{low:.4g}"), float(f"{high:.4g}")]
            for name, (low, high) in see_ranges(model, batches).items()
        },
    }
    options.out.write_text(yaml.safe_dump(found, sort_keys=False, default_flow_style=None, width=120), "utf-8")


if __name__ == "__main__":
    main()
