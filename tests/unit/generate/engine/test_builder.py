"""Engines really built, for GPUs that are not here; and everything that a build may end with instead."""

import ast
import threading
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import services.generate.engine
from services.common.errors import Cancelled, DeadlineExceeded, InvalidInput, ModelUnavailable
from services.generate.engine.backend import Library, rtx_target
from services.generate.engine.bucket import Profile, ShapeBucket, static_profiles
from services.generate.engine.builder import EngineBuilder, with_less_memory
from services.generate.engine.export import ExportedModel
from services.generate.engine.interface import Interface, Ranks, TensorSpec
from services.generate.engine.spec import Backend, BuildOptions, EngineSpec, ModelSpec, Part, Precision, Refit

pytest.importorskip("tensorrt_rtx", reason="its wheel is not made for this platform")

#: Of the library's own: what an engine file begins with.
MAGIC = b"vtrt"
SMALL = static_profiles([ShapeBucket(1, 64, 64)])
RANKS = Ranks(4, 8, 64)


@pytest.fixture
def builder():
    return EngineBuilder(timeout_s=240, memory_mb=8192, has_gpu=False)


def spec_of(model, profiles=SMALL, capabilities=("8.6",), **more):
    target = rtx_target(Library.open(Backend.TENSORRT_RTX), capabilities)
    return EngineSpec(model, target, profiles, Precision.FP16, **more)


def small_graph(path, dtypes=("float16", "float16"), nodes=1):
    """A sum of two inputs, which is a graph, if a dull one."""
    types = {"float16": TensorProto.FLOAT16, "float32": TensorProto.FLOAT}
    dims = ("rows", "height", "width")
    inputs = tuple(TensorSpec(name, dtype, dims) for name, dtype in zip("ab", dtypes, strict=True))
    output = TensorSpec("c", dtypes[0], dims)
    values = [helper.make_tensor_value_info(spec.name, types[spec.dtype], spec.dims) for spec in (*inputs, output)]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"], name="sum")], "g", values[:2], values[2:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return ExportedModel(path, ModelSpec(Part.UNET, "0" * 64, "0" * 64, Interface(inputs, (output,)), 1))


@pytest.mark.parametrize("name", ["sd", "sdxl"])
def test_engines_are_built_for_three_generations_with_profiles_and_adapters(builder, exported, tmp_path, name):
    model = exported(name)[1]
    ranged = Profile(ShapeBucket(1, 64, 64), ShapeBucket(1, 64, 96), ShapeBucket(2, 128, 128))
    spec = spec_of(model.spec, (*SMALL, ranged), ("8.6", "8.9", "12.0"), ranks=RANKS)
    steps = []
    builder.build(model, spec, tmp_path / "engine", steps.append)
    assert (tmp_path / "engine").read_bytes().startswith(MAGIC)
    assert any(step.step == step.steps > 0 for step in steps)


@pytest.mark.parametrize("name", ["text", "encoder", "decoder"])
def test_the_other_parts_build_too(builder, exported, tmp_path, name):
    model = exported(name)[1]
    builder.build(model, replace(spec_of(model.spec), precision=Precision.FP32), tmp_path / "engine")
    assert (tmp_path / "engine").read_bytes().startswith(MAGIC)


def test_mixed_types_are_refused_in_our_words(builder, tmp_path):
    model = small_graph(tmp_path / "mixed.onnx", ("float16", "float32"))
    with pytest.raises(InvalidInput, match=r"mixes types at node 'sum' \(Add\): Half and Float"):
        builder.build(model, spec_of(model.spec), tmp_path / "engine")


def test_a_graph_of_other_types_than_promised_is_refused(builder, tmp_path):
    model = small_graph(tmp_path / "model.onnx", ("float32", "float32"))
    promised = small_graph(tmp_path / "promised.onnx")
    wrong = ExportedModel(model.path, promised.spec)
    with pytest.raises(InvalidInput, match="not those that were exported"):
        builder.build(wrong, spec_of(wrong.spec), tmp_path / "engine")


def test_a_profile_that_the_graph_does_not_take_is_refused(builder, tmp_path):
    model = small_graph(tmp_path / "model.onnx")
    flat = tuple(replace(spec, dims=("rows", "height", 9)) for spec in model.spec.interface.inputs)
    narrower = replace(model.spec, interface=replace(model.spec.interface, inputs=flat))
    fixed = onnx.load(model.path)
    for tensor in (*fixed.graph.input, *fixed.graph.output):
        tensor.type.tensor_type.shape.dim[2].dim_value = 8
    onnx.save(fixed, model.path)
    with pytest.raises(InvalidInput, match="refuses a profile"):
        builder.build(ExportedModel(model.path, narrower), spec_of(narrower), tmp_path / "engine")


@pytest.mark.parametrize("flag", ["FP16", "INT8", "OBEY_PRECISION_CONSTRAINTS", "VERSION_COMPATIBLE"])
def test_flags_that_tensorrt_11_removed_are_refused(builder, tmp_path, flag):
    model = small_graph(tmp_path / "model.onnx")
    spec = spec_of(model.spec, options=BuildOptions(flags=(flag,)))
    with pytest.raises(InvalidInput, match=f"builder flags {flag} are not offered"):
        builder.build(model, spec, tmp_path / "engine")


def test_engines_that_can_be_refitted_need_a_gpu(builder, tmp_path):
    model = small_graph(tmp_path / "model.onnx")
    with pytest.raises(InvalidInput, match="built on a GPU"):
        builder.build(model, spec_of(model.spec, refit=Refit.ADAPTER_TARGETS), tmp_path / "engine")


def test_a_build_that_takes_too_long_ends(exported, tmp_path):
    model = exported("decoder")[1]
    slow = EngineBuilder(timeout_s=0.05, memory_mb=8192, has_gpu=False)
    with pytest.raises(DeadlineExceeded, match="longer than the"):
        slow.build(model, spec_of(model.spec), tmp_path / "engine")


def test_a_cancelled_build_ends(builder, exported, tmp_path):
    model, cancelled = exported("decoder")[1], threading.Event()
    with pytest.raises(Cancelled):
        builder.build(model, spec_of(model.spec), tmp_path / "engine", lambda step: cancelled.set(), cancelled)


def test_a_build_without_memory_says_so(exported, tmp_path):
    model = exported("decoder")[1]
    small = EngineBuilder(timeout_s=240, memory_mb=120, has_gpu=False)
    with pytest.raises(ModelUnavailable, match="allowed 120 MiB") as caught:
        small.build(model, spec_of(model.spec), tmp_path / "engine")
    # The library looks at what it was given at most places, but not at all.
    assert caught.value.details["reason"] in ("out_of_memory", "crashed")


def test_another_try_halves_the_workspace_until_it_is_small(tmp_path):
    spec = spec_of(small_graph(tmp_path / "model.onnx").spec, options=BuildOptions(workspace_mb=1024))
    sizes = []
    while spec:
        sizes.append(spec.options.workspace_mb)
        spec = with_less_memory(spec)
    assert sizes == [1024, 512, 256]


def test_no_code_names_what_tensorrt_11_removed():
    removed = {
        "BF16", "INT8", "INT4", "FP4", "OBEY_PRECISION_CONSTRAINTS", "PREFER_PRECISION_CONSTRAINTS", "EXPLICIT_BATCH",
        "platform_has_fast_fp16", "platform_has_fast_int8", "int8_calibrator", "set_calibration_profile",
        "algorithm_selector", "device_memory_size", "QUANTIZATION_FLAG",
    }  # fmt: skip
    folder = Path(services.generate.engine.__file__).parent
    used = {
        node.attr
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "Precision")
    }
    assert used & removed == set()
