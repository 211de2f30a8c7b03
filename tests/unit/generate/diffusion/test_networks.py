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
