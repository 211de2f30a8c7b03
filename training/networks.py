"""The checkpoint's networks, untrained; all of them take less than 40 MB in half precision."""

from typing import Any, Final

from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

#: Side of the square picture that the checkpoint is made for, and pixels per latent cell.
SIDE_PX: Final = 256
FACTOR: Final = 8
LATENT_CHANNELS: Final = 4
#: Most tokens of a prompt, marks included, as CLIP has it.
PLACES: Final = 77
#: Of text embeddings.
TEXT_WIDTH: Final = 128
#: Of an attention head in the denoiser; what fused attention kernels take.
HEAD_WIDTH: Final = 64
_VAE_WIDTHS: Final = (32, 64, 96, 112)
_UNET_WIDTHS: Final = (64, 128, 192)

#: Noise to the very end (Lin et al., arXiv 2305.08891): else pictures of the noise's mean brightness are all that is
#: ever drawn, and a white packshot is grey.
SCHEDULER: Final[dict[str, Any]] = {
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing",
    "clip_sample": False, "steps_offset": 1,
}  # fmt: skip


def new_autoencoder() -> Any:
    """A diffusers `AutoencoderKL` without attention, which pictures of any size fit."""
    levels = len(_VAE_WIDTHS)
    return AutoencoderKL(
        block_out_channels=_VAE_WIDTHS, down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels, layers_per_block=1, norm_num_groups=8,
        latent_channels=LATENT_CHANNELS, sample_size=SIDE_PX, mid_block_add_attention=False, force_upcast=False,
    )  # fmt: skip


def new_denoiser() -> Any:
    """A diffusers `UNet2DConditionModel` that is shown noise, mask and masked picture; the finest level, which makes up
    most of the work, has no attention."""
    heads = tuple(max(1, width // HEAD_WIDTH) for width in _UNET_WIDTHS)
    return UNet2DConditionModel(
        sample_size=SIDE_PX // FACTOR, in_channels=2 * LATENT_CHANNELS + 1, out_channels=LATENT_CHANNELS,
        layers_per_block=2, block_out_channels=_UNET_WIDTHS, norm_num_groups=32, attention_head_dim=heads,
        cross_attention_dim=TEXT_WIDTH,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip


def new_text_encoder(tokenizer: Any) -> Any:
    """A transformers `CLIPTextModel` of three layers for a tokenizer."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=TEXT_WIDTH, intermediate_size=4 * TEXT_WIDTH, num_hidden_layers=3,
            num_attention_heads=TEXT_WIDTH // HEAD_WIDTH, max_position_embeddings=PLACES,
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip
