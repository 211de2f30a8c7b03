"""The golden gate: no engine serves before it gives what the reference gives.

Engines were seen to be silently wrong on one GPU and right on another
(https://github.com/NVIDIA/TensorRT/issues/4837), to lose a bias, to answer zeros after a refit
(https://github.com/pytorch/TensorRT/issues/3255) and to go black at some sizes. So every engine is compared on the
machine that will serve it, at every corner of its profiles, each time it is loaded.
"""

import itertools
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from services.common.errors import VitrineError
from services.generate.engine.bucket import ShapeBucket
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.interface import Interface
from services.generate.engine.runner import Runner
from services.generate.engine.spec import EngineSpec, Precision


@dataclass(frozen=True)
class Tolerance:
    """What rounding may do to an output; all in parts of the reference's standard deviation but the cosine.

    Args:
        difference: Largest of a single number.
        shift: Largest of a channel's mean; rounding leaves it alone, a lost bias moves it.
        cosine: Smallest between the two outputs.
    """

    difference: float
    shift: float
    cosine: float


#: Rounding to 11, 8 and 4 bits through some hundred layers.
TOLERANCES: Final = {
    Precision.FP32: Tolerance(0.02, 0.001, 0.9999),
    Precision.FP16: Tolerance(0.05, 0.004, 0.9995),
    Precision.BF16: Tolerance(0.75, 0.03, 0.99),
    Precision.FP8: Tolerance(1.5, 0.1, 0.97),
}
#: Anything that is finite and not flat.
_LIVELY: Final = Tolerance(float("inf"), float("inf"), -1.1)
#: An output that varies less than this part of the reference's is flat.
_FLAT: Final = 0.05


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Args:
        faults: Why the engine may not serve; none = it may.
        compared: How many outputs were compared.
        worst_difference: Of all numbers, in parts of the reference's standard deviation.
        worst_cosine: Of all outputs.
    """

    faults: tuple[str, ...]
    compared: int
    worst_difference: float
    worst_cosine: float

    @property
    def passed(self) -> bool:
        """Whether the engine may serve."""
        return self.compared > 0 and not self.faults


@dataclass(frozen=True)
class _Comparison:
    difference: float
    cosine: float
    fault: str


class GoldenGate:
    """Compares a runner with a reference.

    Args:
        reference: The same sub-model in torch.
        tolerances: By precision.
        device: Where inputs are to lie.
    """

    def __init__(
        self, reference: Runner, tolerances: dict[Precision, Tolerance] = TOLERANCES, device: str = "cpu"
    ) -> None:
        self._reference = reference
        self._tolerances = tolerances
        self._device = device

    def judge(self, runner: Runner, spec: EngineSpec) -> Verdict:
        """Run both at every corner of every profile, with inputs that follow from the shape.

        An engine that fails is as wrong as one that errs. What the reference raises passes.
        """
        buckets = dict.fromkeys(bucket for profile in spec.profiles for bucket in profile.corners)
        ranks = dict.fromkeys((spec.ranks.least, spec.ranks.most)) if spec.ranks else {0: None}
        return self.compare(runner, spec.model.interface, buckets, spec.precision, ranks)

    def compare(
        self,
        runner: Runner,
        interface: Interface,
        buckets: Iterable[ShapeBucket],
        precision: Precision,
        ranks: Iterable[int] = (0,),
    ) -> Verdict:
        """The same for shapes that are named; see `judge`."""
        faults: list[str] = []
        comparisons: list[_Comparison] = []
        for bucket, rank in itertools.product(buckets, ranks):
            found = self._at(runner, interface, (bucket, rank), self._tolerances[precision])
            comparisons += found
            faults += [f"{bucket}: {one.fault}" for one in found if one.fault]
        return Verdict(
            tuple(faults), len(comparisons),
            max((one.difference for one in comparisons), default=0.0),
            min((one.cosine for one in comparisons), default=1.0),
        )  # fmt: skip

    def look(self, runner: Runner, spec: EngineSpec) -> str:
        """What is plainly wrong after other weights were put in, which the reference does not have; empty = nothing."""
        bucket = spec.profiles[0].best
        rank = spec.ranks.best if spec.ranks else 0
        found = self._at(runner, spec.model.interface, (bucket, rank), _LIVELY)
        return next((one.fault for one in found if one.fault), "")

    def _at(
        self, runner: Runner, interface: Interface, shape: tuple[ShapeBucket, int], tolerance: Tolerance
    ) -> list[_Comparison]:
        bucket, rank = shape
        drawn = draw_inputs(interface, interface.shapes(bucket, rank), zlib.crc32(str(bucket).encode()))
        inputs = {name: tensor.to(self._device) for name, tensor in drawn.items()}
        wanted = self._reference.run(inputs)
        try:
            got = runner.run(inputs)
        except VitrineError as error:
            return [_Comparison(float("inf"), 0.0, error.message)]
        if set(got) != set(wanted):
            return [_Comparison(float("inf"), 0.0, f"it gives {sorted(got)} instead of {sorted(wanted)}")]
        return [_compare(name, got[name].float(), wanted[name].float(), tolerance) for name in wanted]


def _compare(name: str, got: Tensor, wanted: Tensor, tolerance: Tolerance) -> _Comparison:
    if got.shape != wanted.shape:
        return _Comparison(float("inf"), 0.0, f"{name} is {list(got.shape)} instead of {list(wanted.shape)}")
    if not bool(torch.isfinite(got).all()):
        return _Comparison(float("inf"), 0.0, f"{name} holds numbers that are none")
    scale = float(wanted.std().clamp_min(1e-12))
    difference = float((got - wanted).abs().max()) / scale
    shift = float((_channel_means(got) - _channel_means(wanted)).abs().max()) / scale
    cosine = float(torch.nn.functional.cosine_similarity(got.flatten(), wanted.flatten(), dim=0))
    return _Comparison(
        difference, cosine, _fault(name, float(got.std()) / scale, (difference, shift, cosine), tolerance)
    )


def _fault(name: str, spread: float, figures: tuple[float, float, float], tolerance: Tolerance) -> str:
    difference, shift, cosine = figures
    if spread < _FLAT:
        return f"{name} is flat: it varies by {spread:.3f} of what it should"
    if cosine < tolerance.cosine:
        return f"{name} has a cosine of {cosine:.5f} with the reference; wanted is {tolerance.cosine}"
    if shift > tolerance.shift:
        return f"a channel of {name} is off by {shift:.4f} on average, as by a lost bias; {tolerance.shift} would do"
    if difference > tolerance.difference:
        return f"{name} is off by up to {difference:.3f}; {tolerance.difference} would do"
    return ""


def _channel_means(values: Tensor) -> Tensor:
    """Of (B, C, …) over batch and places; of (B, T, D) and (B, D) over all but the last."""
    if values.dim() == 4:
        return values.mean(dim=(0, 2, 3))
    return values.mean(dim=tuple(range(values.dim() - 1)))
