"""Trained networks as a checkpoint in diffusers' folder layout, in half precision, and its entry for a catalogue."""

from pathlib import Path
from typing import Any, Final

import torch
import yaml
from diffusers import DPMSolverMultistepScheduler, StableDiffusionInpaintPipeline

from services.api.catalog import ModelKind
from services.models.catalog import CheckpointEntry, PathSpec
from services.models.manifest import list_files
from training.networks import SCHEDULER

#: Of all files together: what a repository may be asked to hold.
MAX_BYTES: Final = 40_000_000
CATALOG: Final = "catalog.yaml"


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


def write_catalog(folder: Path, version: str = "1") -> Path:
    """Write a model catalogue with a checkpoint's entry beside its folder, for the setting `models.catalog`.

    Args:
        folder: Of the checkpoint; its name is the entry's.
        version: Of the checkpoint, another one for other weights.

    Returns:
        The catalogue's file.
    """
    entry = CheckpointEntry(
        name=folder.name, version=version, kind=ModelKind.CHECKPOINT, license="Apache-2.0",
        origin="Trained from nothing by this project, on pictures that it rendered; see docs/training.md.",
        manifest=list_files(folder), sources=(PathSpec(type="path", path=Path(folder.name)),),
    )  # fmt: skip
    file = folder.parent / CATALOG
    file.write_text(yaml.safe_dump({"models": [entry.model_dump(mode="json")]}, sort_keys=False), "utf-8")
    return file
