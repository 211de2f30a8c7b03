"""The key of an engine: every field counts, nothing else does."""

import dataclasses

import pytest

from services.common.errors import InvalidInput
from services.generate.engine.bucket import Profile, ShapeBucket
from services.generate.engine.interface import Interface, Ranks, TensorSpec
from services.generate.engine.spec import (
    Backend,
    EngineSpec,
    FusedAdapter,
    ModelSpec,
    Part,
    Precision,
    Refit,
    Target,
)  # fmt: skip

TARGET = Target(Backend.TENSORRT, "11.4.0.106", "13", ("9.0",), "NVIDIA H200", "linux-x86_64")
INTERFACE = Interface((TensorSpec("sample", "float16", ("rows", 9, "height", "width")),), (), cell_px=8, multiple=2)
MODEL = ModelSpec(Part.UNET, "a" * 64, "b" * 64, INTERFACE, in_channels=9, head_sizes=(64,))
SPEC = EngineSpec(
    MODEL, TARGET, (Profile.static(ShapeBucket(1, 512, 512)),), Precision.FP16, fused=(FusedAdapter("c" * 64, 0.5),)
)


#: Another value for every field that there is, dataclasses inside taken apart.
OTHERS = {
    "model.part": Part.SEGMENTER, "model.onnx_sha256": "d" * 64, "model.config_sha256": "d" * 64,
    "model.interface.inputs": (TensorSpec("sample", "float32", ("rows", 9, "height", "width")),),
    "model.interface.outputs": INTERFACE.inputs, "model.interface.cell_px": 4, "model.interface.rows_per_picture": 2,
    "model.interface.multiple": 4, "model.in_channels": 4, "model.head_sizes": (40,),
    "target.backend": Backend.TENSORRT_RTX, "target.version": "11.4.1.0", "target.cuda": "12",
    "target.compute_capabilities": ("8.0",), "target.gpu": "NVIDIA H100", "target.platform": "linux-aarch64",
    "profiles": (Profile.static(ShapeBucket(2, 512, 512)),), "precision": Precision.BF16,
    "options.optimization_level": 5, "options.workspace_mb": 1024, "options.flags": ("TF32",),
    "refit": Refit.ADAPTER_TARGETS, "ranks": Ranks(), "fused": (FusedAdapter("c" * 64, 0.6),),
}  # fmt: skip


def leaves(value, path=""):
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        where = f"{path}{field.name}"
        yield from leaves(inner, f"{where}.") if dataclasses.is_dataclass(inner) else [where]


def replaced(value, path, other):
    first, *rest = path
    changes = {first: replaced(getattr(value, first), rest, other) if rest else other}
    if first == "backend":
        changes["gpu"] = ""  # it has none
    return dataclasses.replace(value, **changes)


def test_every_field_has_another_value_here():
    assert sorted(OTHERS) == sorted(leaves(SPEC))


@pytest.mark.parametrize("path", OTHERS)
def test_each_field_flips_the_key(path):
    assert replaced(SPEC, path.split("."), OTHERS[path]).key() != SPEC.key()


def test_the_key_does_not_depend_on_the_process():
    assert SPEC.key() == dataclasses.replace(SPEC).key()
    assert len(SPEC.key()) == 64


def test_an_fp8_engine_takes_no_adapters_later():
    with pytest.raises(InvalidInput, match="fused"):
        dataclasses.replace(SPEC, precision=Precision.FP8, ranks=Ranks())


def test_adapters_are_inputs_or_refitted():
    with pytest.raises(InvalidInput, match="not both"):
        dataclasses.replace(SPEC, ranks=Ranks(), refit=Refit.ADAPTER_TARGETS)


def test_a_profile_that_the_network_cannot_take_is_refused():
    with pytest.raises(InvalidInput, match="multiples of 16"):
        dataclasses.replace(SPEC, profiles=(Profile.static(ShapeBucket(1, 512, 520)),))


def test_an_engine_without_profiles_is_refused():
    with pytest.raises(InvalidInput, match="at least one profile"):
        dataclasses.replace(SPEC, profiles=())


@pytest.mark.parametrize(
    ("backend", "gpu"), [(Backend.TENSORRT, ""), (Backend.TENSORRT_RTX, "NVIDIA H200")], ids=["none", "one"]
)
def test_only_tensorrt_builds_for_a_gpu_by_name(backend, gpu):
    with pytest.raises(InvalidInput, match="an engine of tensorrt"):
        Target(backend, "11.4", "13", ("9.0",), gpu, "linux-x86_64")
