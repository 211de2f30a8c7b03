"""Trained networks as a checkpoint in diffusers' folder layout, in half precision."""

from pathlib import Path
from typing import Any, Final

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionInpaintPipeline

from training.networks import SCHEDULER

#: Of all files together: what a repository may be asked to hold.
MAX_BYTES: Final = 40_000_000


def pack(folder: Path, vae: Any, painter: Any, tokenizer: Any) -> int:
    """Write a checkpoint.

    Args:
        folder: Where to; files of the same names are replaced.
        vae: The trained autoencoder.
        painter: With the trained denoiser and text encoder.
        tokenizer: The text encoder's.

    Returns:
        Bytes of all its files.

    Raises:
        ValueError: It takes more than `MAX_BYTES`.
    """
    pipeline = StableDiffusionInpaintPipeline(
        vae=vae, text_encoder=painter.text_encoder, tokenizer=tokenizer, unet=painter.unet,
        scheduler=DPMSolverMultistepScheduler.from_config(SCHEDULER), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipeline.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    size_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if size_bytes > MAX_BYTES:
        raise ValueError(f"the checkpoint takes {size_bytes} bytes; at most {MAX_BYTES} are wanted")
    return size_bytes
