"""Several samples as one batch for the denoiser, and its answer with guidance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from services.generate.diffusion.sample import Sample
from services.generate.diffusion.text import TextCondition
from services.generate.engine.lora import AdapterSet


@dataclass(frozen=True, eq=False)
class DenoiserInputs:
    """A batch of B samples; with guidance R = 2B rows, first all negative ones, else R = B.

    Args:
        latents: (R, 4 or 9, h, w).
        timesteps: (R,), each row's own.
        text: (R, T, D).
        added: Pooled text (R, P) and time ids (R, 6) under diffusers' names; None for one text encoder.
        embedded_guidance: (R, E) for networks that take guidance as an embedding; None for others.
        guidance: (B, 1, 1, 1), each sample's own weight; None = without.
        styles: Adapters of all samples.
    """

    latents: Tensor
    timesteps: Tensor
    text: Tensor
    added: dict[str, Tensor] | None
    embedded_guidance: Tensor | None
    guidance: Tensor | None
    styles: AdapterSet = ()

    def named(self) -> dict[str, Tensor]:
        """What the denoiser takes, by the names of `services.generate.engine.submodel.UNet`."""
        named = {"sample": self.latents, "timestep": self.timesteps.float(), "encoder_hidden_states": self.text}
        if self.embedded_guidance is not None:
            named["timestep_cond"] = self.embedded_guidance
        return named | (self.added or {})


class Batcher:
    """Stacks samples of one bucket.

    Args:
        embedding_dim: Width of the guidance embedding; None = guidance is done with a negative half.
    """

    def __init__(self, embedding_dim: int | None) -> None:
        self._embedding_dim = embedding_dim

    def guided(self, guidance: float) -> bool:
        """Whether a negative half is needed."""
        return guidance > 1 and self._embedding_dim is None

    def stack(self, samples: Sequence[Sample]) -> DenoiserInputs:
        """One batch.

        Raises:
            ValueError: There is none, or they are of several buckets or have different styles.
        """
        if len({(sample.bucket, sample.request.styles) for sample in samples}) != 1:
            raise ValueError("a batch needs samples of one bucket with the same styles")
        latents = torch.cat([_network_input(sample) for sample in samples])
        timesteps = torch.stack([sample.schedule.timestep for sample in samples])
        positive = [sample.text for sample in samples]
        negative = [sample.negative for sample in samples if sample.negative is not None]
        halves = 2 if negative else 1
        texts = negative + positive
        # In float32 until it is used: its embedding multiplies it by a thousand.
        weights = torch.tensor([sample.request.guidance for sample in samples], device=latents.device)
        return DenoiserInputs(
            latents.repeat(halves, 1, 1, 1),
            timesteps.repeat(halves),
            torch.cat([text.embeds for text in texts]),
            self._added(samples, texts, halves),
            self._embed(weights, latents.dtype),
            weights.view(-1, 1, 1, 1).to(latents.dtype) if negative else None,
            samples[0].request.styles,
        )

    @staticmethod
    def _added(samples: Sequence[Sample], texts: Sequence[TextCondition], halves: int) -> dict[str, Tensor] | None:
        pooled = [text.pooled for text in texts if text.pooled is not None]
        if not pooled:
            return None
        sizes = [sample.request.pictures.size_hw for sample in samples]
        # Original size, cropped corner, target size (Podell et al., arXiv 2307.01952, 2.2): drawn whole, at its size.
        time_ids = torch.tensor([[*size, 0, 0, *size] for size in sizes]).to(pooled[0])
        return {"text_embeds": torch.cat(pooled), "time_ids": time_ids.repeat(halves, 1)}

    def _embed(self, guidance: Tensor, dtype: torch.dtype) -> Tensor | None:
        """Fourier features of the guidance weight (Meng et al., arXiv 2210.03142), as LCM-class networks take them."""
        if self._embedding_dim is None:
            return None
        half = self._embedding_dim // 2
        scaled = (guidance - 1) * 1000.0
        rates = torch.exp(torch.arange(half, device=guidance.device) * -(math.log(10000.0) / (half - 1)))
        angles = scaled[:, None] * rates[None, :]
        features = torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)
        return torch.nn.functional.pad(features, (0, self._embedding_dim % 2)).to(dtype)


def combine(noise_pred: Tensor, guidance: Tensor | None) -> Tensor:
    """The denoiser's answer to a batch as one prediction per sample (Ho & Salimans, arXiv 2207.12598).

    Args:
        noise_pred: (R, 4, h, w).
        guidance: (B, 1, 1, 1) with R = 2B, or None with R = B.

    Returns:
        (B, 4, h, w).
    """
    if guidance is None:
        return noise_pred
    without, with_text = noise_pred.chunk(2)
    return without + guidance * (with_text - without)


def _network_input(sample: Sample) -> Tensor:
    """(1, 4 or 9, h, w) of one sample."""
    latents = sample.schedule.scale(sample.latents)
    if sample.masked_latents is None:
        return latents
    return torch.cat([latents, sample.mask, sample.masked_latents], dim=1)
