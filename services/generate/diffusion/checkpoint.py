"""A checkpoint on disk, in diffusers' folder layout: what it is, or why it can't be used.

Read without torch and in milliseconds, so that a wrong one is refused before anything is loaded.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from services.common.errors import ModelUnavailable
from services.generate.diffusion.parts import PartReader, PartSpec
from services.generate.diffusion.sizes import Buckets

#: Noise alone; noise with mask and masked picture.
UNET_CHANNELS: Final = (4, 9)
PREDICTIONS: Final = ("epsilon", "v_prediction")
_COMMON: Final = (
    PartSpec("unet", ("UNet2DConditionModel",), "diffusion_pytorch_model"),
    PartSpec("vae", ("AutoencoderKL",), "diffusion_pytorch_model"),
    PartSpec("text_encoder", ("CLIPTextModel",), "model"),
    PartSpec("tokenizer", ("CLIPTokenizer", "CLIPTokenizerFast")),
    PartSpec("scheduler", ()),
)
_SECOND: Final = (
    PartSpec("text_encoder_2", ("CLIPTextModelWithProjection",), "model"),
    PartSpec("tokenizer_2", ("CLIPTokenizer", "CLIPTokenizerFast")),
)


class Family(StrEnum):
    """One text encoder, or two with pooled text and picture sizes as further conditions."""

    SD = "SD"
    SDXL = "SDXL"


@dataclass(frozen=True)
class Checkpoint:
    """A folder that was found to be a whole checkpoint.

    Args:
        folder: Where it lies.
        name: For messages.
        family: See there.
        in_channels: Of the UNet: 9 is shown mask and masked picture, 4 has the held part put back at every step.
        variants: Of each part's weights file, as in "model.fp16.safetensors"; empty = the plain name.
        buckets: The sizes that it draws.
        zero_negative: Whether no negative prompt means zeros instead of the encoded empty text.
        scheduler: Configuration that schedulers are made from.
        weights: Numbers in all its networks.
    """

    folder: Path
    name: str
    family: Family
    in_channels: int
    variants: dict[str, str]
    buckets: Buckets
    zero_negative: bool
    scheduler: dict[str, Any]
    weights: int = 0

    @classmethod
    def read(cls, folder: Path, name: str = "") -> Self:
        """Look at every part.

        Args:
            folder: Where it lies.
            name: For messages; the folder's own when absent.

        Raises:
            ModelUnavailable: It can't be used; the message holds all reasons.
        """
        name = name or folder.name
        reader = PartReader(folder)
        index = reader.json("model_index.json")
        family = Family.SDXL if "text_encoder_2" in index else Family.SD
        parts = _COMMON + (_SECOND if family == Family.SDXL else ())
        configs = {part.name: reader.part(part, index.get(part.name)) for part in parts}
        if not reader.faults:
            reader.faults += _faults_between(configs, reader, family)
        if index.get("requires_aesthetics_score"):
            reader.faults.append("it is a refiner (requires_aesthetics_score), which finishes what another began")
        if reader.faults:
            reasons = "; ".join(reader.faults)
            raise ModelUnavailable(
                f"the checkpoint {name!r} can't be used: {reasons}", model=name, reasons=reader.faults
            )
        unet, factor = configs["unet"], _vae_factor(configs["vae"])
        native_px = _side(unet["sample_size"]) * factor
        # What halving in VAE and UNet needs, and not finer than a sixteenth, so that buckets are few.
        multiple_px = max(factor << (len(unet["block_out_channels"]) - 1), native_px // 16)
        return cls(
            folder, name, family, unet["in_channels"], reader.variants,
            Buckets(native_px, multiple_px),
            zero_negative=family == Family.SDXL and bool(index.get("force_zeros_for_empty_prompt", True)),
            scheduler=_scheduler(configs["scheduler"], family),
            weights=sum(math.prod(shape) for shapes in reader.shapes.values() for shape in shapes.values()),
        )  # fmt: skip


def _faults_between(configs: dict[str, dict[str, Any]], reader: PartReader, family: Family) -> list[str]:
    """What is wrong with parts that are each in order."""
    try:
        return _channel_faults(configs, reader) + _text_faults(configs, family)
    except (KeyError, TypeError, IndexError) as error:
        return [f"a configuration lacks what every checkpoint has ({error})"]


def _channel_faults(configs: dict[str, dict[str, Any]], reader: PartReader) -> list[str]:
    unet, latent = configs["unet"], configs["vae"]["latent_channels"]
    channels = unet["in_channels"]
    faults = []
    if latent != 4 or unet["out_channels"] != latent:
        faults.append(f"vae and unet have {latent} and {unet['out_channels']} latent channels; wanted are 4")
    if channels not in UNET_CHANNELS:
        faults.append(f"unet takes {channels} channels; wanted are 9 (inpainting) or 4")
    weights = reader.shapes["unet"].get("conv_in.weight", (0, 0))[1]
    if weights != channels:
        faults.append(f"unet's weights take {weights} channels and its configuration says {channels}")
    prediction = configs["scheduler"].get("prediction_type", "epsilon")
    if prediction not in PREDICTIONS:
        faults.append(f"scheduler predicts {prediction!r}; known are {', '.join(PREDICTIONS)}")
    return faults


def _text_faults(configs: dict[str, dict[str, Any]], family: Family) -> list[str]:
    unet = configs["unet"]
    encoders = [configs[name] for name in ("text_encoder", "text_encoder_2") if name in configs]
    width = sum(encoder["hidden_size"] for encoder in encoders)
    faults = []
    if unet["cross_attention_dim"] != width:
        faults.append(f"unet listens to text of width {unet['cross_attention_dim']}, the encoders give {width}")
    if family == Family.SDXL:
        wanted = 6 * unet["addition_time_embed_dim"] + encoders[1]["projection_dim"]
        got = unet["projection_class_embeddings_input_dim"]
        if unet["addition_embed_type"] != "text_time" or got != wanted:
            faults.append(f"unet's added embedding has the width {got}, sizes and pooled text give {wanted}")
    elif unet.get("addition_embed_type"):
        faults.append(f"unet wants {unet['addition_embed_type']} embeddings, which one text encoder can't give")
    return faults


def _scheduler(config: dict[str, Any], family: Family) -> dict[str, Any]:
    # As diffusers' Stable Diffusion pipelines mend configurations of before 2022-10 (their "steps_offset!=1").
    return config | {"steps_offset": 1} if family == Family.SD and "steps_offset" in config else config


def _vae_factor(vae: dict[str, Any]) -> int:
    """Pixels per latent cell."""
    return 1 << (len(vae["block_out_channels"]) - 1)


def _side(sample_size: int | list[int]) -> int:
    return sample_size if isinstance(sample_size, int) else max(sample_size)
