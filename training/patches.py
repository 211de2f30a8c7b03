"""The principal components of picture patches: the best that latents of a given size can hold without any training.

They are the autoencoder's beginning and the bar that its training is measured against.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

PATCH_PX: Final = 8
#: Weights of luminance and of the two colour differences (ITU-R BT.601) where errors are added up: luminance alone
#: makes up nearly all of the variance of pictures, and colour would be dropped.
CHROMA_WEIGHT: Final = 2.0


@dataclass(frozen=True, eq=False)
class PatchBasis:
    """An orthonormal basis of patches in weighted luminance and colour differences, and their mean.

    Args:
        rows: (K, 3 * 8 * 8) float32; takes RGB patches, flattened as (channel, row, column), to components.
        columns: (3 * 8 * 8, K) float32; the way back.
        mean: (3 * 8 * 8,) float32, the mean patch.
        deviations: (K,) float32 of the components.
    """

    rows: Tensor
    columns: Tensor
    mean: Tensor
    deviations: Tensor

    @classmethod
    def fit(cls, images: Tensor, components: int) -> "PatchBasis":
        """The basis of some pictures.

        Args:
            images: (B, 3, H, W) float32 in [-1, 1], sides multiples of 8.
            components: How many to keep.
        """
        patches = _patches(images)
        mean = patches.mean(0)
        weigh = weighting(3 * PATCH_PX * PATCH_PX)
        weighted = (patches - mean) @ weigh.T
        variances, vectors = torch.linalg.eigh(weighted.T @ weighted / len(weighted))
        order = variances.argsort(descending=True)[:components]
        basis = vectors[:, order]
        return cls(basis.T @ weigh, torch.linalg.inv(weigh) @ basis, mean, variances[order].clamp(min=1e-8).sqrt())

    def reconstruct(self, images: Tensor) -> Tensor:
        """Pictures as their components hold them, of the same shape."""
        patches = (_patches(images) - self.mean) @ self.rows.T @ self.columns.T + self.mean
        batch, _, height, width = images.shape
        cells = patches.view(batch, -1, 3 * PATCH_PX * PATCH_PX).transpose(1, 2)
        return functional.fold(cells, (height, width), PATCH_PX, stride=PATCH_PX)


def opponent() -> Tensor:
    """(3, 3): RGB to luminance and weighted colour differences."""
    luminance = torch.tensor([0.299, 0.587, 0.114])
    blue, red = torch.tensor([-0.169, -0.331, 0.5]), torch.tensor([0.5, -0.419, -0.081])
    return torch.stack([luminance, CHROMA_WEIGHT * blue, CHROMA_WEIGHT * red])


def weighting(length: int) -> Tensor:
    """(N, N): `opponent` for flattened patches of N numbers."""
    return torch.kron(opponent(), torch.eye(length // 3))


def psnr_db(images: Tensor, originals: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels of pictures in [-1, 1], over all of them together."""
    error = ((images.clamp(-1, 1) - originals) / 2).square().mean()
    return float(-10 * torch.log10(error.clamp(min=1e-12)))


def _patches(images: Tensor) -> Tensor:
    return functional.unfold(images, PATCH_PX, stride=PATCH_PX).transpose(1, 2).reshape(-1, 3 * PATCH_PX * PATCH_PX)
