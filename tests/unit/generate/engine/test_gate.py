"""The gate lets rounding through and nothing else."""

import copy
import re

import pytest
import torch

from services.common.errors import Internal
from services.generate.engine.bucket import Profile, ShapeBucket
from services.generate.engine.gate import GoldenGate
from services.generate.engine.interface import Ranks
from services.generate.engine.spec import Backend, EngineSpec, ModelSpec, Part, Precision, Target
from tests.support.fake_runners import TorchReference
from tests.support.tiny_submodels import tiny_submodel

TARGET = Target(Backend.TENSORRT_RTX, "1.7", "13", ("8.6",), "", "linux-x86_64")
PROFILES = (Profile.static(ShapeBucket(1, 64, 64)), Profile.static(ShapeBucket(2, 64, 96)))


@pytest.fixture(scope="module")
def unet():
    return tiny_submodel(Part.UNET)


def spec_of(model, precision=Precision.FP32, **more):
    described = ModelSpec(model.part, "0" * 64, "0" * 64, model.interface, model.in_channels)
    return EngineSpec(described, TARGET, PROFILES, precision, **more)


def judged(unet, harm=None, engine=None, precision=Precision.FP32):
    return GoldenGate(TorchReference(unet)).judge(TorchReference(engine or unet, harm), spec_of(unet, precision))


def on_outputs(change):
    return lambda outputs: {name: change(value.clone()) for name, value in outputs.items()}


def with_nan(value):
    value[-1, 0, 0, 0] = float("nan")
    return value


def test_the_same_network_passes_at_every_corner(unet):
    verdict = judged(unet)
    assert (verdict.passed, verdict.faults, verdict.compared) == (True, (), 2)


def test_half_precision_passes_as_such(unet):
    half = tiny_submodel(Part.UNET, torch.float16)
    assert judged(half, engine=half, precision=Precision.FP16).passed
    rounded = on_outputs(lambda value: value.half().float())
    assert judged(unet, rounded, precision=Precision.FP16).passed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_nan, "numbers that are none"),
        (lambda value: value * float("inf"), "numbers that are none"),
        (torch.zeros_like, "flat"),
        (lambda value: torch.full_like(value, 0.5), "flat"),
        (lambda value: value.flip(-1), "cosine"),
        (lambda value: value + 0.005, "lost bias"),
        (lambda value: value[..., :-1], r"is \[.*\] instead of"),
    ],
    ids=["nan", "infinite", "black", "constant", "mirrored", "shifted", "cut"],
)
def test_wrong_outputs_are_caught(unet, change, words):
    verdict = judged(unet, on_outputs(change))
    assert not verdict.passed
    assert re.search(words, verdict.faults[0])


@pytest.mark.parametrize(
    "bias",
    [
        "conv_in.bias",
        "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_out.0.bias",
        "mid_block.resnets.0.conv1.bias",
        "time_embedding.linear_2.bias",
        "conv_out.bias",
    ],
)
@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
def test_a_zeroed_bias_is_caught(unet, bias, precision):
    engine = copy.deepcopy(unet)
    with torch.no_grad():
        engine.network.get_parameter(bias).zero_()
    assert not judged(unet, engine=engine, precision=precision).passed


def test_an_engine_that_is_wrong_at_one_corner_alone_is_caught(unet):
    def at_two_pictures(value):
        return value if len(value) == 2 else value * 1.5

    verdict = judged(unet, on_outputs(at_two_pictures))
    assert [fault.split(":")[0] for fault in verdict.faults] == ["2x64x96"]


def test_an_engine_that_fails_is_wrong(unet):
    def fail(outputs):
        raise Internal("the device is lost")

    assert judged(unet, fail).faults[0].endswith("the device is lost")


@pytest.mark.parametrize(
    ("change", "fault"),
    [(lambda value: value * 1.5 + 0.3, False), (torch.zeros_like, True), (with_nan, True)],
    ids=["another style", "zeros", "nan"],
)
def test_a_look_after_a_refit_sees_zeros_and_lets_styles_through(unet, change, fault):
    gate = GoldenGate(TorchReference(unet))
    assert bool(gate.look(TorchReference(unet, on_outputs(change)), spec_of(unet))) == fault


def test_adapters_take_part(unet):
    """An engine that ignores its factors is like one that has lost them."""
    model = tiny_submodel(Part.UNET, adapters=True)

    class Deaf:
        name = "deaf"

        def run(self, inputs):
            return TorchReference(model).run(inputs | {"adapter_scale": torch.zeros_like(inputs["adapter_scale"])})

    gate = GoldenGate(TorchReference(model))
    spec = spec_of(model, ranks=Ranks(4, 8, 16))
    assert gate.judge(TorchReference(model), spec).compared == 4
    assert not gate.judge(Deaf(), spec).passed
