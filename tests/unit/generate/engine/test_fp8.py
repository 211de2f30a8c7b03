"""The 8-bit recipe is data, and says for what it is."""

from dataclasses import replace

import pytest

from services.common.errors import InvalidInput
from services.generate.engine.fp8 import Fp8Recipe
from services.generate.engine.spec import FusedAdapter, Part, Precision, Target
from tests.support.engines import engine_spec
from tests.support.tiny_submodels import tiny_submodel

SPEC = replace(engine_spec(), precision=Precision.FP8, fused=(FusedAdapter("c" * 64, 0.8),))


@pytest.fixture
def recipe():
    return Fp8Recipe.shipped()


def test_a_denoiser_with_fused_styles_is_taken(recipe):
    recipe.check(SPEC)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"precision": Precision.FP16}, "not for fp8"),
        ({"model": replace(SPEC.model, part=Part.VAE_DECODER)}, "only the unet"),
        ({"target": Target(SPEC.target.backend, "11.4", "13", ("8.6",), "A10", "linux-x86_64")}, "8.6 has no fp8"),
        ({"model": replace(SPEC.model, head_sizes=(40,))}, "heads of 40"),
    ],
    ids=["precision", "part", "gpu", "heads"],
)
def test_what_it_is_not_for_is_refused(recipe, change, words):
    with pytest.raises(InvalidInput, match=words):
        recipe.check(replace(SPEC, **change))


def test_sensitive_modules_of_a_unet_stay_as_they_are(recipe):
    names = [name for name, module in tiny_submodel(Part.UNET).network.named_modules() if hasattr(module, "weight")]
    kept = {name for name in names if recipe.keeps(name)}
    assert {"conv_in", "conv_out", "time_embedding.linear_1"} <= kept
    assert "mid_block.attentions.0.transformer_blocks.0.attn1.to_q" not in kept
    assert len(kept) < len(names) / 2
