"""Training pictures as tensors, and sheets of pictures to be looked at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from training.shards import Shard


def to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """(3, H, W) float32 in [-1, 1] of (H, W, 3) uint8."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float() / 127.5 - 1


def to_image(pixels: Tensor) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of (3, H, W) in [-1, 1]."""
    scaled = (pixels.detach().float().cpu().clamp(-1, 1) + 1) * 127.5
    return np.asarray(scaled.round().to(torch.uint8).permute(1, 2, 0).numpy(), np.uint8)


class Crops:
    """Square crops of shards' pictures, all decoded once and held as bytes.

    Args:
        shards: Where pictures come from.
        side_px: Of a crop.
    """

    def __init__(self, shards: Sequence[Shard], side_px: int) -> None:
        self._images = [shard.image(index) for shard in shards for index in range(len(shard.labels))]
        self._side_px = side_px

    def batch(self, size: int, rng: np.random.Generator) -> Tensor:
        """(B, 3, side, side) float32 in [-1, 1], from anywhere, mirrored half of the time."""
        return torch.stack([self._one(rng) for _ in range(size)])

    def _one(self, rng: np.random.Generator) -> Tensor:
        image, side = self._images[int(rng.integers(len(self._images)))], self._side_px
        top, left = (int(rng.integers(length - side + 1)) for length in image.shape[:2])
        crop = image[top : top + side, left : left + side]
        return to_tensor(crop[:, ::-1] if rng.random() < 0.5 else crop)


def write_sheet(path: Path, rows: Sequence[Sequence[NDArray[np.uint8]]], gap_px: int = 4) -> None:
    """Rows of (H, W, 3) uint8 pictures of one size in one PNG."""
    height, width = rows[0][0].shape[:2]
    columns = max(len(row) for row in rows)
    sheet = np.full((len(rows) * (height + gap_px) - gap_px, columns * (width + gap_px) - gap_px, 3), 255, np.uint8)
    for at_row, row in enumerate(rows):
        for at_column, image in enumerate(row):
            top, left = at_row * (height + gap_px), at_column * (width + gap_px)
            sheet[top : top + height, left : left + width] = image
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path)
