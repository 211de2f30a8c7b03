"""Networks of Stable Diffusion's shape with weights that nobody trained, to measure how pictures are served.

Their pictures are noise; nothing that serves traffic opens them. What a step takes does not depend on the weights'
values, so scheduling may be measured where no trained checkpoint is at hand.
"""

from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from services.generate.diffusion.checkpoint import Checkpoint, Family
from services.generate.diffusion.networks import Networks
from services.generate.diffusion.sizes import Buckets

#: Channels per level: a fifth of Stable Diffusion 1.5's (320, 640, 1280, 1280).
WIDTHS: Final = (64, 128, 256, 256)
TEXT_WIDTH: Final = 128
_PLACES: Final = 77
_BYTES: Final = 256
_SCHEDULER: Final = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False,
    "set_alpha_to_one": False, "steps_offset": 1,
}  # fmt: skip


def untrained_checkpoint(size_px: int) -> Checkpoint:
    """What the networks below would be opened as.

    Args:
        size_px: Side of the square that it draws, a multiple of 64.
    """
    return Checkpoint(
        folder=Path(), name="untrained", family=Family.SD, in_channels=9, variants={}, buckets=Buckets(size_px, 64),
        zero_negative=False, scheduler=dict(_SCHEDULER),
    )  # fmt: skip


def untrained_networks(size_px: int, widths: tuple[int, ...] = WIDTHS) -> Networks:
    """Networks in memory, the same every time.

    Args:
        size_px: Side of the square, a multiple of 64.
        widths: Channels per level of the UNet, the VAE has half as many; multiples of 32.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = _unet(size_px, widths), _vae(size_px, widths), _text_encoder()
    for network in networks:
        network.eval().requires_grad_(requires_grad=False)
    unet, vae, encoder = networks
    return Networks(unet, vae, (encoder,), (_tokenizer(),))


def count_weights(networks: Networks) -> dict[str, int]:
    """Numbers in each network."""
    parts = {"unet": networks.unet, "vae": networks.vae, "text_encoder": networks.encoders[0]}
    return {name: sum(weights.numel() for weights in part.parameters()) for name, part in parts.items()}


def _unet(size_px: int, widths: tuple[int, ...]) -> UNet2DConditionModel:
    deeper = len(widths) - 1
    return UNet2DConditionModel(
        sample_size=size_px // 8, in_channels=9, out_channels=4, layers_per_block=2, block_out_channels=widths,
        norm_num_groups=32, attention_head_dim=8, cross_attention_dim=TEXT_WIDTH,
        down_block_types=("CrossAttnDownBlock2D",) * deeper + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * deeper,
    )  # fmt: skip


def _vae(size_px: int, widths: tuple[int, ...]) -> AutoencoderKL:
    levels = len(widths)
    return AutoencoderKL(
        block_out_channels=tuple(width // 2 for width in widths), down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels, norm_num_groups=16, layers_per_block=2, latent_channels=4,
        sample_size=size_px,
    )  # fmt: skip


def _text_encoder() -> CLIPTextModel:
    start = 2 * _BYTES
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=start + 2, hidden_size=TEXT_WIDTH, intermediate_size=4 * TEXT_WIDTH, num_hidden_layers=4,
            num_attention_heads=4, max_position_embeddings=_PLACES, bos_token_id=start, eos_token_id=start + 1,
            pad_token_id=start + 1,
        )
    )  # fmt: skip


def _tokenizer() -> CLIPTokenizer:
    """CLIP's tokenizer with the vocabulary of bytes alone, each also as the end of a word."""
    # The characters that stand for bytes in GPT-2's and CLIP's vocabularies: printable ones for themselves.
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    symbols = [chr(byte) for byte in plain] + [chr(_BYTES + number) for number in range(_BYTES - len(plain))]
    tokens = [*symbols, *(f"{symbol}</w>" for symbol in symbols), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=_PLACES)
