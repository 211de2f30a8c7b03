"""Trains denoiser and text encoder on latents: inpainting around a held product, from noise to the very end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel

from training.captions import Captioner
from training.device import Device
from training.latents import LatentShard
from training.networks import SCHEDULER, new_denoiser, new_text_encoder
from training.run import Ema, TrainingRun, averaged_weights

#: Loss of cells around the product and in it, relative to the others': shadow, contact and edge are the hard part,
#: what is held is shown to the network.
_NEAR_WEIGHT: Final = 2.0
_HELD_WEIGHT: Final = 0.25
_NEAR_CELLS: Final = 3


@dataclass(frozen=True)
class DenoiserPlan:
    """How to train.

    Args:
        samples: To be seen in all, resumed ones included; the learning rate falls over the last fifth.
        batch: Samples in a step.
        rate: Learning rate.
        decay: Of the averaged weights, per step.
        log_steps: Steps that a line of the log sums up.
        save_s: Time between saves.
        seed: Of batches, captions and noise.
    """

    samples: int
    batch: int = 24
    rate: float = 4e-4
    decay: float = 0.9995
    log_steps: int = 50
    save_s: float = 600
    seed: int = 0


class Batch(NamedTuple):
    """Latents, context and mask of one size, (B, C, h, w), scaled as the network has them; (B, 77) tokens."""

    latents: Tensor
    context: Tensor
    mask: Tensor
    tokens: Tensor


class Samples:
    """Batches out of latents in memory, each of one size.

    Args:
        shards: Of any sizes.
        scale: What latents are multiplied with.
        tokenizer: For captions.
    """

    def __init__(self, shards: Sequence[LatentShard], scale: float, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._scale = scale
        self._groups = [
            [shard for shard in shards if shard.size_hw == size_hw]
            for size_hw in sorted({shard.size_hw for shard in shards})
        ]
        counts = np.array([sum(len(shard.labels) for shard in group) for group in self._groups], np.float64)
        self._shares = counts / counts.sum()

    def batch(self, size: int, rng: np.random.Generator) -> Batch:
        """Samples of one size, the sizes by turns of chance."""
        group = self._groups[int(rng.choice(len(self._groups), p=self._shares))]
        chosen = [group[int(number)] for number in rng.integers(len(group), size=size)]
        places = [int(rng.integers(len(shard.labels))) for shard in chosen]
        captioner = Captioner(rng)
        captions = [captioner.say(shard.labels[place]) for shard, place in zip(chosen, places, strict=True)]

        def stacked(name: str) -> Tensor:
            pairs = zip(chosen, places, strict=True)
            return torch.stack([getattr(shard, name)[place] for shard, place in pairs]).float()

        tokens = self._tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
        return Batch(stacked("latents") * self._scale, stacked("context") * self._scale, stacked("mask"), tokens)


class Painter(nn.Module):
    """Denoiser and text encoder, which learn together.

    Args:
        unet: A diffusers `UNet2DConditionModel`.
        text_encoder: A transformers `CLIPTextModel`.
    """

    def __init__(self, unet: Any, text_encoder: Any) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    @classmethod
    def untrained(cls, tokenizer: Any) -> Self:
        """The checkpoint's, for a tokenizer."""
        return cls(new_denoiser(), new_text_encoder(tokenizer))

    @classmethod
    def averaged(cls, folder: Path, tokenizer: Any) -> Self:
        """That of a run's last save, with averaged weights.

        Raises:
            FileNotFoundError: There is no save yet.
        """
        painter = cls.untrained(tokenizer)
        painter.load_state_dict(averaged_weights(folder), strict=False)
        return painter.eval()

    @classmethod
    def packed(cls, checkpoint: Path, tokenizer: Any) -> Self:
        """That of a packed checkpoint, whose tokenizer is given.

        Raises:
            OSError, RuntimeError: It has no such networks.
        """
        painter = cls.untrained(tokenizer)
        unet = UNet2DConditionModel.from_pretrained(checkpoint, subfolder="unet")
        text_encoder = CLIPTextModel.from_pretrained(checkpoint, subfolder="text_encoder")
        painter.unet.load_state_dict(unet.state_dict())
        painter.text_encoder.load_state_dict(text_encoder.state_dict())
        return painter.eval()

    def forward(self, noisy: Tensor, timesteps: Tensor, batch: Batch) -> Tensor:
        """(B, 4, h, w): the velocity that the noisy latents are told to have."""
        words = self.text_encoder(batch.tokens).last_hidden_state
        shown = torch.cat([noisy, batch.mask, batch.context], dim=1)
        return torch.as_tensor(self.unet(shown, timesteps, encoder_hidden_states=words).sample)


class DenoiserTraining:
    """A painter and its run.

    Args:
        folder: Of the run.
        painter: Where it begins.
        samples: To learn from.
        plan: How.
        device: Where.
    """

    def __init__(self, folder: Path, painter: Painter, samples: Samples, plan: DenoiserPlan, device: Device) -> None:
        self._samples, self._plan, self._device = samples, plan, device
        self.painter: Painter = device.move(painter)
        self._ema = Ema(self.painter, plan.decay)
        self._optimizer = torch.optim.AdamW(self.painter.parameters(), plan.rate, betas=(0.9, 0.99), weight_decay=0.01)
        self._run = TrainingRun(folder, self.painter, self._ema, self._optimizer)
        self._schedule = DDIMScheduler.from_config(SCHEDULER)

    def train(self, until: int | None = None) -> None:
        """Go on to the plan's end.

        Args:
            until: Stop where so many samples are seen; None = all of the plan's.
        """
        self._run.resume()
        plan = self._plan
        end = plan.samples if until is None else until
        saved_at = began = time.monotonic()
        losses: list[float] = []
        while self._run.samples < end:
            losses.append(self._step())
            due = time.monotonic() - saved_at > plan.save_s
            if due or len(losses) == plan.log_steps:
                rate = len(losses) * plan.batch / (time.monotonic() - began)
                self._run.log({"loss": float(np.mean(losses)), "samples_per_s": rate})
                losses = []
            if due:
                self._run.save()
                saved_at = time.monotonic()
            if not losses:
                began = time.monotonic()
        self._run.save()

    def _step(self) -> float:
        plan, step = self._plan, self._run.step
        rng = np.random.default_rng((plan.seed, step))
        torch.manual_seed(int(rng.integers(2**31)))
        for group in self._optimizer.param_groups:
            group["lr"] = plan.rate * self._rate_share()
        drawn = self._samples.batch(plan.batch, rng)
        noise = self._device.put(torch.randn(drawn.latents.shape))
        timesteps = self._timesteps(rng).to(self._device.torch_device)
        latents, context, mask = (self._device.put(part) for part in drawn[:3])
        batch = Batch(latents, context, mask, drawn.tokens.to(self._device.torch_device))
        noisy = self._schedule.add_noise(batch.latents, noise, timesteps)
        wanted = self._schedule.get_velocity(batch.latents, noise, timesteps)
        with self._device.autocast():
            told = self.painter(noisy, timesteps, batch)
        loss = ((told.float() - wanted).square() * _weights(batch.mask)).mean()
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.painter.parameters(), 1.0)
        self._optimizer.step()
        self._ema.update(self.painter, step)
        self._run.step += 1
        self._run.samples += plan.batch
        return float(loss.detach())

    def _timesteps(self, rng: np.random.Generator) -> Tensor:
        """(B,) spread evenly over the schedule, so that batches differ little in how hard they are."""
        size, last = self._plan.batch, self._schedule.config.num_train_timesteps
        even = (np.arange(size) + rng.random()) / size
        return torch.from_numpy(np.minimum(even * last, last - 1).astype(np.int64))

    def _rate_share(self) -> float:
        """Warm-up, plateau, and down to nothing over the last fifth."""
        left = 1 - self._run.samples / self._plan.samples
        return min(1.0, (self._run.step + 1) / 500, 5 * left)


def _weights(mask: Tensor) -> Tensor:
    """(B, 1, h, w): how much the loss of each cell counts, 1 on the whole."""
    held = 1 - mask
    near = functional.max_pool2d(held, 2 * _NEAR_CELLS + 1, 1, _NEAR_CELLS) - held
    weights = 1 + (_NEAR_WEIGHT - 1) * near + (_HELD_WEIGHT - 1) * held
    return weights / weights.mean()
