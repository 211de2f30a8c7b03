"""Adapters of three programs are the same adapters; what does not fit is refused."""

import pickle

import pytest
import torch

from services.common.errors import InvalidInput
from services.generate.engine.adapter import AdapterReader
from services.generate.engine.spec import Part
from tests.support.adapters import LAYERS, NAMES, adapter_data, factors
from tests.support.tiny_submodels import tiny_submodel

LAYER = next(iter(LAYERS))


@pytest.fixture(scope="module")
def reader():
    parts = (Part.UNET, Part.TEXT_ENCODER, Part.TEXT_ENCODER_2)
    return AdapterReader({part: tiny_submodel(part) for part in parts}, max_rank=16)


@pytest.mark.parametrize("style", NAMES)
def test_layers_are_found_by_the_names_of(reader, style):
    adapter = reader.read(adapter_data(style))
    assert set(adapter.of(Part.UNET)) == set(LAYERS)
    for layer, (down, up) in factors().items():
        found = adapter.of(Part.UNET)[layer]
        assert (torch.equal(found.down, down), torch.equal(found.up, up), found.scale) == (True, True, 1.0)


def test_alpha_is_divided_by_the_rank(reader):
    adapter = reader.read(adapter_data(alpha=2, rank=8))
    assert adapter.of(Part.UNET)[LAYER].scale == 0.25


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("lora_te_text_model_encoder_layers_0_self_attn_q_proj", Part.TEXT_ENCODER),
        ("lora_te1_text_model_encoder_layers_0_self_attn_q_proj", Part.TEXT_ENCODER),
        ("lora_te2_text_model_encoder_layers_0_self_attn_q_proj", Part.TEXT_ENCODER_2),
    ],
)
def test_text_encoders_have_theirs(reader, name, part):
    more = {f"{name}.lora_down.weight": torch.ones(4, 32), f"{name}.lora_up.weight": torch.ones(32, 4)}
    found = reader.read(adapter_data(layers={}, more=more))
    assert [layer.endswith("encoder.layers.0.self_attn.q_proj") for layer in found.of(part)] == [True]


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("input_blocks_3_1_transformer_blocks_0_attn1_to_q", LAYER),
        ("middle_block_1_transformer_blocks_0_attn1_to_q", "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"),
        (
            "output_blocks_1_1_transformer_blocks_0_attn1_to_q",
            "up_blocks.0.attentions.1.transformer_blocks.0.attn1.to_q",
        ),
    ],
)
def test_blocks_are_found_by_their_first_names(reader, name, layer):
    """The tiny network has one layer per block, and one that halves; so its second block begins at the third input."""
    more = {
        f"lora_unet_{name}.lora_down.weight": torch.ones(4, 64),
        f"lora_unet_{name}.lora_up.weight": torch.ones(64, 4),
    }
    assert list(reader.read(adapter_data(layers={}, more=more)).of(Part.UNET)) == [layer]


def test_an_adapter_is_named_by_its_bytes(reader):
    first, again, other = (reader.read(adapter_data(seed=seed)).sha256 for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == again != other


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rank": 32}, "rank is 32"),
        ({"layers": {LAYER: (64, 48)}}, "don't make up weights"),
        ({"layers": {"mid_block.attentions.7.to_q": (64, 64)}}, "another architecture"),
        ({"more": {"lora_unet_x.dora_scale": torch.ones(1)}}, "not read"),
        ({"more": {"something.lora_down.weight": torch.ones(4, 4)}}, "no low-rank factor"),
        ({"layers": {}}, "no weights"),
        ({"alpha": float("nan")}, "numbers that are none"),
    ],
    ids=["rank", "width", "layer", "kind", "part", "empty", "nan"],
)
def test_what_does_not_fit_is_refused(reader, arguments, words):
    with pytest.raises(InvalidInput, match=words):
        reader.read(adapter_data(**arguments))


def test_half_of_a_pair_is_refused(reader):
    name = "lora_unet_up_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    with pytest.raises(InvalidInput, match="one of two"):
        reader.read(adapter_data(more={f"{name}.lora_down.weight": torch.ones(4, 64)}))


@pytest.mark.parametrize(
    "data", [b"", b"short", pickle.dumps({"a": 1}), b"\xff" * 64], ids=["", "short", "pickle", "noise"]
)
def test_other_files_are_refused(reader, data):
    with pytest.raises(InvalidInput, match="safetensors"):
        reader.read(data)
