"""A small classifier of surfaces, trained on rendered pictures: does it see in drawn ones what was asked for?"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.artist import Artist
from training.captions import Captioner, Labels
from training.pictures import to_tensor
from training.shards import Shard
from training.vocabulary import SURFACES

NAMES: Final = tuple(SURFACES)
_SIDE_PX: Final = 96


class Probe(nn.Module):
    """Says which surface a picture shows."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 128, 128)
        self._features = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(8, after), nn.ReLU())
                for before, after in pairwise(widths)
            )
        )
        self._answer = nn.Linear(2 * widths[-1], len(NAMES))

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, surfaces) logits of (B, 3, 96, 96) in [-1, 1]."""
        found = self._features(pictures)
        return torch.as_tensor(self._answer(torch.cat([found.mean((2, 3)), found.amax((2, 3))], dim=1)))

    @torch.no_grad()
    def name(self, images: Sequence[NDArray[np.uint8]]) -> list[str]:
        """The surface of each (H, W, 3) uint8 picture."""
        self.eval()
        answers = self(torch.stack([_small(image) for image in images])).argmax(1)
        return [NAMES[int(answer)] for answer in answers]


def train_probe(shards: Sequence[Shard], steps: int, batch: int = 64, seed: int = 0) -> Probe:
    """Train a probe on shards' pictures and labels; the same arguments give the same probe."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    pictures = torch.stack([_small(shard.image(index)) for shard in shards for index in range(len(shard.labels))])
    answers = torch.tensor([NAMES.index(labels.surface) for shard in shards for labels in shard.labels])
    probe = Probe()
    optimizer = torch.optim.AdamW(probe.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    for _ in range(steps):
        chosen = torch.from_numpy(rng.integers(len(pictures), size=batch))
        loss = functional.cross_entropy(probe(_varied(pictures[chosen], rng)), answers[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
    return probe


def recognised(probe: Probe, images: Sequence[NDArray[np.uint8]], surfaces: Sequence[str]) -> float:
    """Share of the pictures in which the probe sees their surface."""
    return float(np.mean([seen == asked for seen, asked in zip(probe.name(images), surfaces, strict=True)]))


def ask(
    artist: Artist, shard: Shard, each: int, told: Callable[[str], Any] = lambda _name: None
) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Pictures of every surface, each drawn around a held-out product with the caption of its own picture.

    Args:
        artist: Draws.
        shard: Nothing was learned from it.
        each: Pictures of a surface, as far as the shard has so many.
        told: Of each surface as it is begun.

    Returns:
        The pictures, and the surface that was asked for in each.
    """
    images, surfaces = [], []
    captioner = Captioner(np.random.default_rng(0))
    for name in NAMES:
        told(name)
        for index in _showing(shard.labels, name)[:each]:
            images += artist.draw(shard.context(index), captioner.describe(shard.labels[index]), (index,))
            surfaces.append(name)
    return images, surfaces


def _showing(labels: Sequence[Labels], surface: str) -> list[int]:
    return [index for index, known in enumerate(labels) if known.surface == surface]


def _small(image: NDArray[np.uint8]) -> Tensor:
    return functional.interpolate(to_tensor(image)[None], (_SIDE_PX, _SIDE_PX), mode="area")[0]


def _varied(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Mirrored and less sharp by chance, so that neither tells a drawing from a rendering."""
    if rng.random() < 0.5:
        pictures = pictures.flip(3)
    factor = int(rng.choice((1, 2, 3)))
    if factor == 1:
        return pictures
    return functional.interpolate(functional.avg_pool2d(pictures, factor), (_SIDE_PX, _SIDE_PX), mode="bilinear")
