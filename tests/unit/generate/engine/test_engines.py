"""From a network to an engine in use: exported, built, stored and judged for real; only the GPU is not."""

import pytest
import torch

from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.engine.backend import Library, rtx_target
from services.generate.engine.bucket import ShapeBucket
from services.generate.engine.builder import EngineBuilder
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.engines import EngineShop
from services.generate.engine.interface import Ranks
from services.generate.engine.lifecycle import EngineState
from services.generate.engine.plan import EnginePlan, check_buckets, usual_buckets
from services.generate.engine.spec import Backend, Part, Precision, Refit
from services.generate.engine.store import EngineStore
from tests.support.fake_runners import TorchReference
from tests.support.tiny_checkpoint import write_tiny_checkpoint

pytest.importorskip("tensorrt_rtx", reason="its wheel is not made for this platform")

BUCKETS = (ShapeBucket(1, 64, 64), ShapeBucket(2, 64, 64))


@pytest.fixture
def plan():
    return EnginePlan(rtx_target(Library.open(Backend.TENSORRT_RTX), ("8.9",)), BUCKETS)


def shop_of(plan, exported, root, harm=None):
    """Engines that run in torch, after a look at their first bytes."""

    def load(stored, interface):
        assert stored.data.startswith(b"vtrt")
        return TorchReference(exported("decoder")[0], harm)

    builder = EngineBuilder(240, 8192, has_gpu=False)
    return EngineShop(plan, EngineStore(root), builder, load, lambda part: exported("decoder")[1].path, "cpu")


def test_an_engine_is_built_judged_and_used(plan, exported, tmp_path):
    model, states = exported("decoder")[0], []
    shop = shop_of(plan, exported, tmp_path)
    runner = shop.runner(model, TorchReference(model), lambda part, state, reason: states.append((part, state)))
    runner.prepare()
    assert states == [
        (Part.VAE_DECODER, state) for state in (EngineState.BUILDING, EngineState.VERIFYING, EngineState.ACTIVE)
    ]
    inputs = draw_inputs(model.interface, model.interface.shapes(BUCKETS[0]), seed=1)
    assert torch.equal(runner.run(inputs)["image"], TorchReference(model).run(inputs)["image"])
    assert runner.status()["key"] == shop.store.entries()[0].key
    runner.close()


def test_an_engine_that_draws_something_else_is_barred(plan, exported, tmp_path):
    model = exported("decoder")[0]
    harmed = shop_of(plan, exported, tmp_path, lambda outputs: {"image": outputs["image"] * 0})
    runner = harmed.runner(model, TorchReference(model))
    runner.prepare()
    assert (runner.state, "flat" in runner.status()["reason"]) == (EngineState.QUARANTINED, True)
    assert harmed.store.entries()[0].quarantined
    runner.close()


def test_text_encoders_have_one_profile_for_each_batch(plan, exported):
    spec = plan.spec(exported("text")[1])
    assert [profile.best.batch for profile in spec.profiles] == [1, 2]
    assert (spec.precision, spec.ranks, spec.refit) == (Precision.FP32, None, Refit.NONE)


def test_adapters_go_into_the_denoiser_alone(plan, exported):
    ranked = EnginePlan(plan.target, BUCKETS, Ranks(4, 8, 16))
    assert ranked.spec(exported("sd")[1]).ranks == Ranks(4, 8, 16)
    assert ranked.spec(exported("decoder")[1]).ranks is None


def test_usual_shapes_are_those_that_the_checkpoint_draws(tmp_path):
    checkpoint = Checkpoint.read(write_tiny_checkpoint(tmp_path))
    buckets = usual_buckets(checkpoint)
    check_buckets(buckets, checkpoint.buckets.check)
    assert buckets == (ShapeBucket(1, 64, 64),)
