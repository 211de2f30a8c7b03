"""Which library runs the network on this machine."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime
import openvino
from numpy.typing import NDArray

from services.common.errors import ModelUnavailable, VitrineError
from services.common.geometry import SizeHW
from services.generate.engine.runners.onnxruntime import OnnxRuntimeNetwork
from services.generate.engine.runners.openvino import OpenVinoNetwork, computes_bfloat16
from services.segment.preprocess import to_batch
from services.segment.runners.int8 import RANGES, Ranges, quantize
from services.segment.runners.mask import MaskRunner
from services.segment.runners.runner import Runner

RunnerKind = Literal["auto", "openvino", "onnxruntime"]

#: Over the check picture. bfloat16 was seen to move a photo's mask by less than 0.001 on average and int8 by 0.003; a
#: wrong kernel moves it by far more.
MAX_MEAN_DIFFERENCE = 2 / 255
#: Of single places; int8 was seen to move them by 0.27 at edges, bfloat16 by 0.02.
MAX_DIFFERENCE = 0.5


def open_runner(kind: RunnerKind, path: Path, threads: int, work_dir: Path, log: Any) -> Runner:
    """Load the network.

    Args:
        kind: The library; "auto" takes OpenVINO if it loads and, on one picture, agrees with ONNX Runtime: in int8
            where the CPU has the instructions and the network's ranges are known, else in floating point. They are
            compared once for each machine, network and pair of library versions; `work_dir` remembers the outcome.
        path: The ONNX file.
        threads: Compute threads.
        work_dir: For compiled networks and the outcome of the comparison.
        log: Told the choice and its reason.

    Raises:
        ModelUnavailable: The wanted library, or with "auto" both, can't load the network.
    """
    if kind == "onnxruntime":
        return _told(log, open_onnxruntime(path, threads), "set")
    if kind == "openvino":
        return _told(log, open_openvino(path, threads, work_dir), "set")
    reasons: list[str] = []
    for in_int8 in (True, False):
        try:
            runner = open_openvino(path, threads, work_dir, _ranges_of(path) if in_int8 else None)
            reason = _disagreement(runner, path, threads, work_dir)
        except VitrineError as error:
            reason = error.message
        if not reason:
            return _told(log, runner, "; ".join([*reasons, "agrees with onnxruntime"]))
        reasons.append(reason)
    return _told(log, open_onnxruntime(path, threads), "; ".join(reasons))


def open_onnxruntime(path: Path, threads: int) -> Runner:
    """The network in ONNX Runtime, the reference.

    Raises:
        ModelUnavailable: The file is no network that it loads.
    """
    return MaskRunner(OnnxRuntimeNetwork(path, threads, outputs=1))


def open_openvino(path: Path, threads: int, work_dir: Path, ranges: Ranges | None = None) -> Runner:
    """The network in OpenVINO, in bfloat16 where the CPU computes in it, which moves a mask by about a hundredth.

    Args:
        path: The ONNX file.
        threads: Compute threads.
        work_dir: For the compiled network.
        ranges: Of the network's tensors; with them, most of it computes in int8.

    Raises:
        ModelUnavailable: OpenVINO can't load it, or a range is missing.
    """
    change = partial(quantize, ranges=ranges) if ranges else None
    network = OpenVinoNetwork(path, threads, work_dir, outputs=1, change=change)
    return MaskRunner(network, "openvino-int8" if ranges else network.name)


def _ranges_of(path: Path) -> Ranges:
    """What int8 takes.

    Raises:
        ModelUnavailable: It can't be used for this network, or not on this machine.
    """
    if not computes_bfloat16():
        raise ModelUnavailable("no int8 without AVX512-VNNI or AMX")
    ranges = Ranges.shipped()
    if not ranges.belong_to(path):
        raise ModelUnavailable("no int8 for a network whose ranges were not seen")
    return ranges


def _told(log: Any, runner: Runner, reason: str) -> Runner:
    log.info("runner_chosen", runner=runner.name, reason=reason)
    return runner


def _disagreement(runner: Runner, path: Path, threads: int, work_dir: Path) -> str:
    """Why the runner is not to be trusted; empty = it is."""
    facts = [path.name, path.stat().st_size, runner.name, openvino.__version__, onnxruntime.__version__]
    facts.append(hashlib.sha256(RANGES.read_bytes()).hexdigest())
    facts.append(openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"))
    verdict = work_dir / f"agreement-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}.json"
    try:
        return str(json.loads(verdict.read_text("utf-8"))["reason"])
    except (OSError, ValueError, KeyError):
        pass
    reason = compare(runner, open_onnxruntime(path, threads))
    verdict.write_text(json.dumps({"reason": reason, "compared": facts}), "utf-8")
    return reason


def compare(runner: Runner, reference: Runner) -> str:
    """How two runners of the same network differ on a picture; empty = not more than rounding explains."""
    batch = to_batch(check_picture(runner.input_hw), runner.input_hw)
    got, wanted = runner.run(batch), reference.run(batch)
    difference = np.abs(got - wanted)
    # Written so that NaN fails too.
    if difference.max() <= MAX_DIFFERENCE and difference.mean() <= MAX_MEAN_DIFFERENCE:
        return ""
    return f"{runner.name} differs from {reference.name} by up to {difference.max():.3f}"


def check_picture(size_hw: SizeHW) -> NDArray[np.uint8]:
    """A lit ball on a grey ground: something that any segmentation network answers to.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    height, width = size_hw
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    radius = np.hypot(x, y) / 0.55
    shade = np.sqrt(np.clip(1 - radius**2, 0, 1)) * 0.8 - 0.2 * (x + y)
    ball = np.clip(shade, 0.1, 1)[..., None] * np.array([235.0, 60.0, 30.0])
    ground = np.full(3, 176.0) - 20 * y[..., None]
    return np.asarray(np.where((radius < 1)[..., None], ball, ground), dtype=np.uint8)
