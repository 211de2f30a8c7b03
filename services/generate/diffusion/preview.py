"""A small picture of where a sample is, without the VAE's decoder."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from services.generate.diffusion.latents import LatentCoder

#: Cells of the chart along a side.
_CELLS: Final = 16
_SEED: Final = 20


class LatentPreview:
    """Latents to colours by one linear map, one pixel per cell.

    A latent is nearly a linear function of its cell's mean colour; which one differs between VAEs, so it is fitted to
    this one by least squares on a chart of random soft colours.

    Args:
        coder: Encodes the chart.
    """

    def __init__(self, coder: LatentCoder) -> None:
        chart = _chart(coder.factor)
        latents = coder.encode(chart, torch.Generator().manual_seed(_SEED))[0].float().cpu()
        cells = chart.reshape(_CELLS, coder.factor, _CELLS, coder.factor, 3).mean(axis=(1, 3))
        rows = np.asarray(latents.permute(1, 2, 0).reshape(-1, 4).numpy(), np.float64)
        self._map, *_ = np.linalg.lstsq(_with_one(rows), cells.reshape(-1, 3), rcond=None)

    def draw(self, latents: Tensor) -> NDArray[np.uint8]:
        """A preview.

        Args:
            latents: (1, 4, h, w).

        Returns:
            (h, w, 3) uint8 sRGB.
        """
        height, width = latents.shape[-2:]
        rows = latents[0].float().cpu().permute(1, 2, 0).reshape(-1, 4).numpy()
        pixels = np.nan_to_num(_with_one(rows) @ self._map).round().clip(0, 255)
        return np.asarray(pixels, np.uint8).reshape(height, width, 3)


def _chart(factor: int) -> NDArray[np.uint8]:
    """(16 * factor, 16 * factor, 3) uint8, random colours that change softly from cell to cell."""
    rng = np.random.default_rng(_SEED)
    coarse = rng.integers(0, 256, (_CELLS, _CELLS, 3)).astype(np.float32)
    smooth = (coarse + np.roll(coarse, 1, 0) + np.roll(coarse, 1, 1) + np.roll(coarse, (1, 1), (0, 1))) / 4
    return np.asarray(np.repeat(np.repeat(smooth, factor, 0), factor, 1).round(), np.uint8)


def _with_one(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1).astype(np.float64)
