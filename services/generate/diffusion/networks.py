"""A checkpoint's networks in memory."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
from transformers.utils.logging import disable_progress_bar

from services.common.errors import ModelUnavailable
from services.generate.diffusion.checkpoint import Checkpoint, Family


@dataclass(frozen=True, eq=False)
class Networks:
    """Everything that computes, in evaluation mode on one device.

    Args:
        unet: The denoiser.
        vae: Between pictures and latents; in float32 where its configuration says that half precision overflows.
        encoders: One text encoder, or two for SDXL.
        tokenizers: One for each.
    """

    unet: Any
    vae: Any
    encoders: tuple[Any, ...]
    tokenizers: tuple[Any, ...]

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Self:
        """Load all parts; safetensors only, nothing from elsewhere than the folder.

        Raises:
            ModelUnavailable: A network's weights don't fit its configuration, or its tokenizer.
        """

        disable_progress_bar()  # a service has nobody to watch it

        def part(kind: Any, name: str) -> Any:
            return _load(kind, name, checkpoint, dtype).to(device).eval().requires_grad_(requires_grad=False)

        def tokenizer(name: str) -> Any:
            return CLIPTokenizer.from_pretrained(checkpoint.folder, subfolder=name, local_files_only=True)

        encoders, tokenizers = [part(CLIPTextModel, "text_encoder")], [tokenizer("tokenizer")]
        if checkpoint.family == Family.SDXL:
            encoders.append(part(CLIPTextModelWithProjection, "text_encoder_2"))
            tokenizers.append(tokenizer("tokenizer_2"))
        vae = part(AutoencoderKL, "vae")
        if dtype == torch.float16 and vae.config.force_upcast:
            vae = vae.to(torch.float32)
        for words, network in zip(tokenizers, encoders, strict=True):
            if len(words) > network.config.vocab_size:
                raise ModelUnavailable(
                    f"a tokenizer of the checkpoint knows {len(words)} tokens, its encoder {network.config.vocab_size}",
                    model=checkpoint.name,
                )
        return cls(part(UNet2DConditionModel, "unet"), vae, tuple(encoders), tuple(tokenizers))


def _load(kind: Any, name: str, checkpoint: Checkpoint, dtype: torch.dtype) -> Any:
    try:
        network, found = kind.from_pretrained(
            checkpoint.folder, subfolder=name, variant=checkpoint.variants[name] or None, torch_dtype=dtype,
            use_safetensors=True, local_files_only=True, output_loading_info=True,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise ModelUnavailable(
            f"the checkpoint's {name} can't be loaded: its weights don't fit its configuration",
            model=checkpoint.name,
        ) from error
    # Both libraries fill a gap with random numbers and go on.
    missing = sorted(found["missing_keys"])
    if missing:
        raise ModelUnavailable(
            f"the checkpoint's {name} lacks {len(missing)} of its weights, among them {missing[0]!r}",
            model=checkpoint.name,
        )
    return network
