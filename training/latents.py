"""Training pictures as the denoiser has them: latents of picture and context, and the mask, all in memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from services.common.geometry import SizeHW
from training.captions import Labels
from training.device import Device
from training.networks import FACTOR
from training.pictures import to_tensor
from training.shards import Shard

_BATCH: Final = 16


@dataclass(frozen=True, eq=False)
class LatentShard:
    """A shard's pictures.

    Args:
        latents: (N, 4, h, w) float16, unscaled means of the autoencoder's posterior.
        context: The same of what the network is shown of the product, grey elsewhere.
        mask: (N, 1, h, w) bool, True = to be drawn; of each cell's first pixel, as pipelines have it.
        labels: What is to be seen, one for each.
    """

    latents: Tensor
    context: Tensor
    mask: Tensor
    labels: tuple[Labels, ...]

    @property
    def size_hw(self) -> SizeHW:
        """Of the latents."""
        return self.latents.shape[2], self.latents.shape[3]


def encode_shard(shard: Shard, folder: Path, vae: Any, device: Device) -> LatentShard:
    """A shard's latents; written to the folder, and read from there the next time."""
    path = folder / f"{shard.folder.name}.safetensors"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file(_encoded(shard, vae, device), unfinished)
        unfinished.replace(path)
    tensors = load_file(path)
    return LatentShard(tensors["latents"], tensors["context"], tensors["mask"], shard.labels)


@torch.no_grad()
def _encoded(shard: Shard, vae: Any, device: Device) -> dict[str, Tensor]:
    pictures, contexts, masks = [], [], []
    for index in range(len(shard.labels)):
        shown = shard.context(index)
        pictures.append(to_tensor(shard.image(index)))
        contexts.append(to_tensor(shown.image) * torch.from_numpy(shown.known))
        masks.append(torch.from_numpy(np.ascontiguousarray(~shown.held[::FACTOR, ::FACTOR]))[None])

    def encoded(images: list[Tensor]) -> Tensor:
        stacked = torch.stack(images)
        batches = [stacked[first : first + _BATCH] for first in range(0, len(stacked), _BATCH)]
        with device.autocast():
            means = [vae.encode(device.put(batch)).latent_dist.mean.float() for batch in batches]
        return torch.cat(means).half().cpu().contiguous()

    return {"latents": encoded(pictures), "context": encoded(contexts), "mask": torch.stack(masks)}
