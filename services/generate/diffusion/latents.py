"""Pictures to latents and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from numpy.typing import NDArray
from torch import Tensor

from services.common.errors import Internal
from services.generate.engine.runner import Runner
from services.generate.engine.spec import Part


class LatentCoder:
    """The VAE's two halves, from bytes and to bytes.

    Args:
        vae: A diffusers `AutoencoderKL`, whose device, type and configuration count.
        runners: Compute its halves.
        dtype: Of latents, the denoiser's own.
    """

    def __init__(self, vae: Any, runners: Mapping[Part, Runner], dtype: torch.dtype) -> None:
        self._vae = vae
        self._encoder = runners[Part.VAE_ENCODER]
        self._decoder = runners[Part.VAE_DECODER]
        self._dtype = dtype
        self.factor = 2 ** (len(vae.config.block_out_channels) - 1)

    def encode(
        self, image: NDArray[np.uint8], generator: torch.Generator, known: NDArray[np.bool_] | None = None
    ) -> Tensor:
        """Draw a picture's latents from what the encoder says about them.

        Args:
            image: (H, W, 3) uint8 sRGB, sides multiples of `factor`.
            generator: Where the draw comes from.
            known: (H, W) bool; elsewhere the picture is middle grey. None = everywhere.

        Returns:
            (1, 4, H / factor, W / factor), scaled as the denoiser has them.
        """
        pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].to(torch.float32) / 255
        pixels = 2 * pixels - 1
        if known is not None:
            pixels = pixels * torch.from_numpy(known)
        # Rounded as the latents are, so that half precision agrees with diffusers. So does the order in memory: it
        # decides the order of sums, and a large even part of a picture makes the VAE's norms enlarge their rounding.
        pixels = pixels.to(self._dtype).to(device=self._vae.device, dtype=self._vae.dtype)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            moments = self._encoder.run({"image": pixels})["moments"]
            latents = DiagonalGaussianDistribution(moments).sample(generator)
            return torch.as_tensor(latents.to(self._dtype) * self._vae.config.scaling_factor)

    def decode(self, latents: Tensor) -> list[NDArray[np.uint8]]:
        """Decode a batch.

        Args:
            latents: (B, 4, h, w).

        Returns:
            B pictures, (h * factor, w * factor, 3) uint8 sRGB.

        Raises:
            Internal: The latents are not finite, as half precision has it when a checkpoint overflows.
        """
        if not bool(torch.isfinite(latents).all()):
            raise Internal("the denoiser gave no finite numbers; the checkpoint may need another precision")
        with torch.inference_mode():
            pixels = self._decoder.run({"latents": self._unscale(latents)})["image"]
            pixels = (pixels / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).float().cpu()
        return list(np.round(pixels.numpy() * 255).astype(np.uint8))

    def _unscale(self, latents: Tensor) -> Tensor:
        config = self._vae.config
        latents = latents.to(self._vae.dtype)
        if config.latents_mean is None or config.latents_std is None:
            return latents / float(config.scaling_factor)
        # Some SDXL-class VAEs (Playground 2.5) tell the latents' distribution per channel.
        mean, std = (
            torch.tensor(per).view(1, -1, 1, 1).to(latents) for per in (config.latents_mean, config.latents_std)
        )
        return latents * std / float(config.scaling_factor) + mean
