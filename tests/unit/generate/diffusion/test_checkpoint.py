import json
import pickle

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from services.common.errors import ModelUnavailable
from services.generate.diffusion.checkpoint import Checkpoint, Family
from tests.support.tiny_checkpoint import write_tiny_checkpoint


@pytest.fixture
def folder(tmp_path):
    return write_tiny_checkpoint(tmp_path / "tiny")


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refusal(folder):
    with pytest.raises(ModelUnavailable) as caught:
        Checkpoint.read(folder)
    return caught.value.message


@pytest.mark.parametrize(("xl", "family"), [(False, Family.SD), (True, Family.SDXL)], ids=["sd", "sdxl"])
@pytest.mark.parametrize("channels", [9, 4])
def test_whole_checkpoint_is_read(tmp_path, xl, family, channels):
    checkpoint = Checkpoint.read(write_tiny_checkpoint(tmp_path, xl=xl, channels=channels))
    assert (checkpoint.family, checkpoint.in_channels) == (family, channels)
    assert (64, 64) in checkpoint.buckets.sizes


def test_weights_are_counted_without_loading_one(folder):
    counted = sum(array.size for path in folder.glob("*/*.safetensors") for array in load_file(path).values())
    assert Checkpoint.read(folder).weights == counted > 0


@pytest.mark.parametrize(
    "missing",
    [
        "model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "scheduler/scheduler_config.json",
    ],
)  # fmt: skip
def test_missing_part_is_named(folder, missing):
    (folder / missing).unlink()
    assert f"{missing} is missing" in refusal(folder)


def test_all_missing_parts_are_told_at_once(folder):
    for path in ("vae/config.json", "unet/config.json"):
        (folder / path).unlink()
    assert "vae/config.json" in refusal(folder)
    assert "unet/config.json" in refusal(folder)


def test_missing_vocabulary_is_named(folder):
    for path in (folder / "tokenizer").iterdir():
        path.unlink()
    assert "tokenizer lacks" in refusal(folder)


def test_pickle_is_refused(folder):
    (folder / "unet/diffusion_pytorch_model.safetensors").rename(folder / "unet/diffusion_pytorch_model.bin")
    assert "unet/diffusion_pytorch_model.bin is a pickle" in refusal(folder)


@pytest.mark.parametrize("start", [pickle.dumps([1, 2, 3]), b"PK\3\4" + bytes(60)], ids=["pickle", "archive"])
def test_pickle_by_another_name_is_refused(folder, start):
    (folder / "vae/diffusion_pytorch_model.safetensors").write_bytes(start)
    assert "vae/diffusion_pytorch_model.safetensors is a pickle by another name" in refusal(folder)


def test_cut_off_weights_are_refused(folder):
    path = folder / "text_encoder/model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    assert "text_encoder/model.safetensors is damaged" in refusal(folder)


def test_wrong_channel_count_is_refused(tmp_path):
    assert "takes 8 channels; wanted are 9" in refusal(write_tiny_checkpoint(tmp_path, channels=8))


def test_channel_count_that_the_weights_do_not_have_is_refused(folder):
    edit(folder / "unet/config.json", in_channels=4)
    assert "weights take 9 channels and its configuration says 4" in refusal(folder)


def test_text_of_another_width_is_refused(folder):
    edit(folder / "text_encoder/config.json", hidden_size=48)
    assert "text of width 32, the encoders give 48" in refusal(folder)


def test_pooled_text_of_another_width_is_refused(tmp_path):
    folder = write_tiny_checkpoint(tmp_path, xl=True)
    edit(folder / "text_encoder_2/config.json", projection_dim=48)
    assert "added embedding" in refusal(folder)


@pytest.mark.parametrize(
    ("part", "named"), [("unet", "FluxTransformer2DModel"), ("vae", "AutoencoderTiny"), ("text_encoder", "T5Encoder")]
)
def test_part_of_another_architecture_is_refused(folder, part, named):
    edit(folder / "model_index.json", **{part: ["diffusers", named]})
    assert f"{part} is a {named}" in refusal(folder)


def test_refiner_is_refused(folder):
    edit(folder / "model_index.json", requires_aesthetics_score=True)
    assert "refiner" in refusal(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": '], ids=["empty", "list", "open", "half"])
def test_broken_configuration_is_refused(folder, text):
    (folder / "unet/config.json").write_text(text)
    assert "unet/config.json can't be read as JSON" in refusal(folder)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_configuration_without_its_numbers_is_refused(folder, part):
    (folder / part / "config.json").write_text("{}")
    assert "lacks what every checkpoint has" in refusal(folder)


def test_half_precision_variant_is_found(folder):
    path = folder / "unet/diffusion_pytorch_model.safetensors"
    path.rename(path.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert Checkpoint.read(folder).variants["unet"] == "fp16"


def test_weights_in_shards_are_read_and_a_lost_one_is_named(folder):
    path = folder / "unet/diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    names = sorted(tensors)
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, half in halves.items():
        save_file({name: np.ascontiguousarray(tensors[name]) for name in half}, path.with_name(file))
    path.unlink()
    index = {"weight_map": {name: file for file, half in halves.items() for name in half}}
    path.with_name(f"{path.name}.index.json").write_text(json.dumps(index))
    assert Checkpoint.read(folder).in_channels == 9
    path.with_name("b.safetensors").unlink()
    assert "unet/b.safetensors is missing" in refusal(folder)
