import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from services.common.errors import ModelUnavailable
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.networks import Networks
from tests.support.tiny_checkpoint import write_tiny_checkpoint


def load(folder, dtype=torch.float32):
    return Networks.load(Checkpoint.read(folder), torch.device("cpu"), dtype)


@pytest.fixture
def folder(tmp_path):
    return write_tiny_checkpoint(tmp_path / "tiny")


@pytest.mark.parametrize(
    ("part", "file"),
    [("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "model")],
)
def test_weights_with_a_gap_are_refused(folder, part, file):
    path = folder / part / f"{file}.safetensors"
    tensors = load_file(path)
    lost = sorted(name for name in tensors if "conv_in" not in name)[0]
    tensors.pop(lost)
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(ModelUnavailable, match=f"{part} lacks 1 of its weights"):
        load(folder)


def test_weights_of_another_size_are_refused(folder):
    config = json.loads((folder / "vae/config.json").read_text())
    (folder / "vae/config.json").write_text(json.dumps(config | {"block_out_channels": [8, 16, 16, 24]}))
    with pytest.raises(ModelUnavailable, match="vae"):
        load(folder)


def test_loading_says_nothing(folder, capfd):
    load(folder)
    assert capfd.readouterr() == ("", "")


def test_vae_that_overflows_in_half_precision_is_loaded_in_full(folder):
    config = json.loads((folder / "vae/config.json").read_text())
    (folder / "vae/config.json").write_text(json.dumps(config | {"force_upcast": True}))
    networks = load(folder, torch.float16)
    assert (networks.unet.dtype, networks.vae.dtype) == (torch.float16, torch.float32)


def test_weights_under_the_names_of_older_libraries_are_read(folder):
    """As the checkpoints of 2022 and 2023 on the hub have them."""
    text, vae = folder / "text_encoder/model.safetensors", folder / "vae/diffusion_pytorch_model.safetensors"
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def older(name):
        for new, before in old.items() if "attentions" in name else ():
            name = name.replace(f".{new}.", f".{before}.")
        return name

    before = load(folder)
    save_file({f"text_model.{name}": tensor for name, tensor in load_file(text).items()}, text, {"format": "pt"})
    save_file({older(name): tensor for name, tensor in load_file(vae).items()}, vae, {"format": "pt"})
    after = load(folder)
    for one, two in ((before.vae, after.vae), (before.encoders[0], after.encoders[0])):
        assert all(torch.equal(*pair) for pair in zip(one.parameters(), two.parameters(), strict=True))


def test_tokenizer_that_knows_more_than_its_encoder_is_refused(folder):
    vocabulary = folder / "tokenizer/vocab.json"
    (folder / "tokenizer/tokenizer.json").unlink(missing_ok=True)
    tokens = json.loads(vocabulary.read_text())
    vocabulary.write_text(json.dumps(tokens | {f"more{number}</w>": len(tokens) + number for number in range(9)}))
    with pytest.raises(ModelUnavailable, match="tokenizer"):
        load(folder)
