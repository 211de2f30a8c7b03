"""Untrained, tiny checkpoints in diffusers' folder layout, the same bytes every time.

Their pictures are noise, but noise in which every input counts: weights of the last layers are made large, so that a
wrong prompt, mask, timestep or picture shows in the result.
"""

import json
from pathlib import Path

import diffusers
import torch
import yaml
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from services.api.catalog import ModelKind
from services.models.catalog import CheckpointEntry, FolderEntry
from services.models.manifest import list_files, parse_source

WIDTH = 32
#: Latent cells along a side, times the VAE's 8 pixels: 64 x 64 pictures.
SAMPLE_SIZE = 8
WORDS = ("a", "cup", "on", "marble", "in", "soft", "light", "red", "blue", "photo", "of", "shoe", "wood", "table")


def write_tiny_checkpoint(folder: Path, *, xl: bool = False, channels: int = 9, **unet: object) -> Path:
    """Write a checkpoint.

    Args:
        folder: Made if it is missing.
        xl: SDXL's shape: two text encoders, pooled text and picture sizes as conditions.
        channels: Of the UNet, 9 or 4.
        unet: Further configuration of the UNet.
    """
    with torch.random.fork_rng():
        torch.manual_seed(7)
        encoders = tiny_encoders(xl)
        parts = {"unet": tiny_unet(xl, channels, unet), "vae": tiny_vae(), "scheduler": _scheduler()} | encoders
    for name, part in parts.items():
        part.save_pretrained(folder / name)
    for name in encoders:
        _tokenizer(folder / name.replace("text_encoder", "tokenizer"))
    pipeline = "StableDiffusionXLInpaintPipeline" if xl else "StableDiffusionInpaintPipeline"
    index = {name: [type(part).__module__.split(".")[0], type(part).__name__] for name, part in parts.items()}
    index |= {name.replace("text_encoder", "tokenizer"): ["transformers", "CLIPTokenizer"] for name in encoders}
    (folder / "model_index.json").write_text(
        json.dumps({"_class_name": pipeline, "_diffusers_version": diffusers.__version__} | index)
    )
    return folder


def tiny_unet(xl: bool, channels: int, more: dict[str, object]) -> UNet2DConditionModel:
    """A UNet; `more` of its configuration replaces what is here."""
    text = 2 * WIDTH if xl else WIDTH
    added = {
        "addition_embed_type": "text_time", "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 6 * 8 + WIDTH, "use_linear_projection": True,
        "transformer_layers_per_block": (1, 2),
    }  # fmt: skip
    common = {
        "sample_size": SAMPLE_SIZE, "in_channels": channels, "out_channels": 4, "layers_per_block": 1,
        "block_out_channels": (WIDTH, 2 * WIDTH), "norm_num_groups": 8, "attention_head_dim": 8,
        "cross_attention_dim": text, "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    }  # fmt: skip
    network = UNet2DConditionModel(**(common | (added if xl else {}) | more))
    _widen(network, "attn2.to_out.0", 8)
    _widen(network, "conv_out", 4)
    return network


def tiny_vae() -> AutoencoderKL:
    """A VAE of four levels, so of 8 pixels for each latent cell."""
    network = AutoencoderKL(
        block_out_channels=(8, 16, 16, 16), down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, norm_num_groups=8, layers_per_block=1, latent_channels=4,
        sample_size=8 * SAMPLE_SIZE, force_upcast=False,
    )  # fmt: skip
    _widen(network, "decoder.conv_out", 3)
    _widen(network, "encoder.conv_out", 4)
    return network


def _scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False,
        steps_offset=1,
    )  # fmt: skip


def tiny_encoders(xl: bool) -> dict[str, CLIPTextModel | CLIPTextModelWithProjection]:
    """One text encoder, or SDXL's two."""
    config = CLIPTextConfig(
        vocab_size=512 + 2 + len(_merges()), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=3,
        num_attention_heads=4, projection_dim=WIDTH, max_position_embeddings=77,
        bos_token_id=512 + len(_merges()), eos_token_id=513 + len(_merges()), pad_token_id=513 + len(_merges()),
    )  # fmt: skip
    encoders = {"text_encoder": CLIPTextModel(config)}
    return encoders | ({"text_encoder_2": CLIPTextModelWithProjection(config)} if xl else {})


def _widen(network: torch.nn.Module, name: str, factor: float) -> None:
    """Make a layer's weights larger in all places of that name."""
    with torch.no_grad():
        for path, parameter in network.named_parameters():
            if f"{name}.weight" in path:
                parameter.mul_(factor)


def _tokenizer(folder: Path) -> None:
    """CLIP's byte-pair encoding with a vocabulary that knows every byte and a few words."""
    folder.mkdir(parents=True, exist_ok=True)
    symbols = _byte_symbols()
    tokens = symbols + [f"{symbol}</w>" for symbol in symbols] + ["".join(pair) for pair in _merges()]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in _merges())]) + "\n")
    tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=77)
    tokenizer.save_pretrained(folder)


def _merges() -> list[tuple[str, str]]:
    """Pairs that build up the known words from the left."""
    merges: dict[tuple[str, str], None] = {}
    for word in WORDS:
        built = word[0]
        for place, letter in enumerate(word[1:], 2):
            end = f"{letter}</w>" if place == len(word) else letter
            merges[built, end] = None
            built += end
    return list(merges)


def _byte_symbols() -> list[str]:
    """The 256 characters that stand for bytes in GPT-2's and CLIP's vocabularies: printable ones for themselves."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(len(others))]


def write_catalog(folder: Path, file: Path, *others: FolderEntry) -> Path:
    """Write an operator's catalogue that has the checkpoint in a folder, under the name "tiny", and other entries."""
    entry = CheckpointEntry(
        name="tiny", version="1", kind=ModelKind.CHECKPOINT, license="Apache-2.0", origin="Made for tests.",
        manifest=list_files(folder), sources=(parse_source(str(folder)),),
    )  # fmt: skip
    file.write_text(yaml.safe_dump({"models": [each.model_dump(mode="json") for each in (entry, *others)]}))
    return file
