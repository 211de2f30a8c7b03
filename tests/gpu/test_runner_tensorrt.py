"""Engines of both libraries, built and run on this GPU."""

import hashlib
from types import SimpleNamespace

import pytest
import torch

from services.common.errors import InvalidInput, ModelUnavailable
from services.generate.engine.backend import RTX_CAPABILITIES, gpu_target, rtx_target
from services.generate.engine.bucket import ShapeBucket, static_profiles
from services.generate.engine.builder import EngineBuilder
from services.generate.engine.export import export, sample_inputs
from services.generate.engine.runners.activations import ActivationMemory
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.runners.graphs import GraphRunner
from services.generate.engine.runners.tensorrt import TensorRtRunner
from services.generate.engine.spec import Backend, EngineSpec, Part, Precision, Refit
from tests.support.tiny_submodels import tiny_submodel

BUCKETS = (ShapeBucket(1, 64, 64), ShapeBucket(2, 64, 96))
DTYPE = torch.float16


def target_of(library, gpu):
    capability = "{}.{}".format(*torch.cuda.get_device_capability(gpu))
    if library.backend == Backend.TENSORRT:
        return gpu_target(library, torch.cuda.get_device_name(gpu), capability)
    if capability not in RTX_CAPABILITIES:
        pytest.skip(f"TensorRT-RTX does not run on compute capability {capability}")
    return rtx_target(library, (capability,))


@pytest.fixture
def build(library, gpu, tmp_path):
    """Builds an engine of a part and opens it."""

    def run(part=Part.UNET, refit=Refit.NONE, memory=None):
        model = tiny_submodel(part, DTYPE)
        exported = export(model, tmp_path / f"{part}.onnx")
        spec = EngineSpec(
            exported.spec, target_of(library, gpu), static_profiles(BUCKETS), Precision.FP16, refit=refit
        )  # fmt: skip
        EngineBuilder(600, 16 << 10, has_gpu=True).build(exported, spec, tmp_path / f"{part}.engine")
        plan = (tmp_path / f"{part}.engine").read_bytes()
        memory = memory or ActivationMemory(gpu)
        runner = TensorRtRunner.open(library, plan, hashlib.sha256(plan).hexdigest(), model.interface, memory)
        return SimpleNamespace(runner=runner, model=model.to(gpu), plan=plan, memory=memory)

    return run


def inputs_of(model, gpu, bucket, seed=0):
    shapes = model.interface.shapes(bucket)
    drawn = sample_inputs(model, seed, rows=2 * max(BUCKETS).batch, height=12, width=12)
    cut = {name: tensor[tuple(slice(side) for side in shapes[name])] for name, tensor in drawn.items()}
    return {name: tensor.contiguous().to(gpu) for name, tensor in cut.items()}


def close_to(found, expected):
    for name, wanted in expected.items():
        torch.testing.assert_close(found[name].float(), wanted.float(), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("part", [Part.UNET, Part.VAE_DECODER], ids=str)
def test_engine_gives_what_torch_gives_in_every_bucket(build, gpu, part):
    built = build(part)
    for bucket in BUCKETS:
        inputs = inputs_of(built.model, gpu, bucket)
        close_to(built.runner.run(inputs), TorchRunner(built.model).run(inputs))


def test_shapes_without_a_profile_are_refused(build, gpu):
    built = build()
    with pytest.raises(InvalidInput, match="built for other shapes"):
        built.runner.run(inputs_of(built.model, gpu, ShapeBucket(1, 32, 32)))


def test_engines_share_their_activations(build, gpu):
    memory = ActivationMemory(gpu)
    built = [build(part, memory=memory) for part in (Part.UNET, Part.VAE_DECODER)]
    for _ in range(3):
        for each in built:
            inputs = inputs_of(each.model, gpu, BUCKETS[0])
            close_to(each.runner.run(inputs), TorchRunner(each.model).run(inputs))
    assert memory.size_bytes == max(each.runner.activation_bytes for each in built)


def test_replayed_engine_gives_what_it_gives(build, gpu):
    built = build()
    runner = GraphRunner(built.runner)
    runner.prepare(inputs_of(built.model, gpu, BUCKETS[0]))
    other = inputs_of(built.model, gpu, BUCKETS[0], seed=3)
    close_to(runner.run(other), built.runner.run(other))


def test_refit_there_and_back_gives_the_first_bytes_again(build, gpu):
    built = build(refit=Refit.ADAPTER_TARGETS)
    inputs = inputs_of(built.model, gpu, BUCKETS[0])
    names = [name for name in built.model.weight_names() if name.endswith("attn2.to_q.weight")]
    base = {name: built.model.network.state_dict()[name] for name in names}
    first = built.runner.run(inputs)["noise_pred"].cpu()
    built.runner.refit({name: tensor * 2 for name, tensor in base.items()})
    assert not torch.equal(built.runner.run(inputs)["noise_pred"].cpu(), first)
    built.runner.refit(base)
    assert torch.equal(built.runner.run(inputs)["noise_pred"].cpu(), first)


def test_weights_that_the_engine_does_not_know_are_refused(build):
    with pytest.raises(ModelUnavailable, match="did not take the weights"):
        build(refit=Refit.ADAPTER_TARGETS).runner.refit({"odd": torch.zeros(1, dtype=DTYPE)})


def test_abandoned_step_leaves_the_next_one_right(build, gpu):
    """A cancelled sample's tensors are freed while the GPU still works with them."""
    built = build()
    inputs = inputs_of(built.model, gpu, BUCKETS[0])
    expected = built.runner.run(inputs)["noise_pred"].cpu()
    for seed in range(20):
        abandoned = built.runner.run(inputs_of(built.model, gpu, BUCKETS[0], seed))
        del abandoned
        assert torch.equal(built.runner.run(inputs)["noise_pred"].cpu(), expected)


def test_plan_with_a_flipped_bit_never_reaches_the_library(build, library, gpu):
    built = build()
    digest = hashlib.sha256(built.plan).hexdigest()
    damaged = bytes([*built.plan[:-1], built.plan[-1] ^ 1])
    with pytest.raises(ModelUnavailable, match="digest"):
        TensorRtRunner.open(library, damaged, digest, built.model.interface, built.memory)
