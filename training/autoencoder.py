"""Trains the autoencoder from its linear beginning, on crops of training pictures."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.device import Device
from training.linear_start import start_linear
from training.networks import LATENT_CHANNELS, new_autoencoder
from training.patches import PatchBasis, opponent, psnr_db
from training.pictures import Crops, to_image, to_tensor, write_sheet
from training.run import Ema, TrainingRun
from training.shards import Shard

#: Of the latents' distance from a normal distribution, in the loss: enough to keep them from drifting.
_KL_WEIGHT: Final = 1e-5
#: Pictures of the held-out shard that are measured.
_WATCHED: Final = 16
#: Of differences between neighbouring pixels, which keeps edges sharp.
_EDGE_WEIGHT: Final = 1.0


@dataclass(frozen=True)
class AutoencoderPlan:
    """How to train.

    Args:
        steps: To be done in all, resumed ones included.
        batch: Crops in a step.
        crop_px: Their side. Group norms see whole pictures in use: trained on crops of 64 px, it lost 1.5 dB on those.
        rate: Learning rate; it falls to nothing over the last third.
        save_s: Time between saves.
        seed: Of crops and noise.
        decoder_alone: The encoder stays as it is, so that latents that were made with it stay good.
    """

    steps: int = 6000
    batch: int = 4
    crop_px: int = 224
    rate: float = 5e-4
    save_s: float = 300
    seed: int = 0
    decoder_alone: bool = False


def begin_autoencoder(train: Sequence[Shard], held_out: Shard, seed: int = 0) -> tuple[Any, float]:
    """An autoencoder that is as good as linear maps can be, or nearly.

    Args:
        train: Whose pictures' principal components it begins with.
        held_out: To measure those on.
        seed: Of what has no part in the linear maps.

    Returns:
        It, and the PSNR in decibels that the components alone have.
    """
    torch.manual_seed(seed)
    alike = [shard for shard in train if shard.size_hw == held_out.size_hw]
    basis = PatchBasis.fit(torch.cat([_first(shard, len(shard.labels)) for shard in alike[:2]]), LATENT_CHANNELS)
    vae = new_autoencoder()
    start_linear(vae, basis)
    watched = _first(held_out, _WATCHED)
    return vae, psnr_db(basis.reconstruct(watched), watched)


class AutoencoderTraining:
    """An autoencoder and its run.

    Args:
        folder: Of the run.
        vae: Where it begins.
        train, held_out: Shards to learn from, and to measure on.
        plan: How.
        device: Where.
    """

    def __init__(
        self, folder: Path, vae: Any, train: Sequence[Shard], held_out: Shard, plan: AutoencoderPlan, device: Device
    ) -> None:
        self._plan, self._device, self._folder = plan, device, folder
        self._crops = Crops(train, plan.crop_px)
        self._watched = _first(held_out, _WATCHED)
        self.vae = device.move(vae)
        if plan.decoder_alone:
            for part in (self.vae.encoder, self.vae.quant_conv):
                part.requires_grad_(requires_grad=False)
        self._ema = Ema(self.vae, 0.999)
        learned = [parameter for parameter in self.vae.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.AdamW(learned, plan.rate, betas=(0.9, 0.99), weight_decay=0.0)
        self._run = TrainingRun(folder, self.vae, self._ema, self._optimizer)
        self._opponent = opponent().to(device.torch_device)

    def train(self, until: int | None = None) -> None:
        """Go on to the plan's end.

        Args:
            until: Stop after so many steps; None = all of the plan's.
        """
        if not self._run.resume():
            self._report()
        saved_at, began, samples = time.monotonic(), time.monotonic(), self._run.samples
        while self._run.step < (self._plan.steps if until is None else until):
            loss = self._step()
            if self._run.step % 50 == 0:
                rate = (self._run.samples - samples) / (time.monotonic() - began)
                self._run.log({"loss": loss, "samples_per_s": rate})
                began, samples = time.monotonic(), self._run.samples
            if time.monotonic() - saved_at > self._plan.save_s:
                self._report()
                self._run.save()
                saved_at, began, samples = time.monotonic(), time.monotonic(), self._run.samples
        self._run.save()
        self._report()

    @torch.no_grad()
    def averaged(self) -> Any:
        """The autoencoder with averaged weights, on the CPU; its configuration tells the scale of its latents."""
        vae = new_autoencoder()
        vae.load_state_dict(self.vae.state_dict())
        self._ema.copy_to(vae)
        latents = vae.eval().encode(self._watched).latent_dist.mean
        # What was made with an encoder that stays must keep its scale.
        scale = self.vae.config.scaling_factor if self._plan.decoder_alone else 1 / float(latents.std())
        vae.register_to_config(scaling_factor=scale)
        return vae

    def _step(self) -> float:
        step, plan = self._run.step, self._plan
        rng = np.random.default_rng((plan.seed, step))
        torch.manual_seed(int(rng.integers(2**31)))
        share = min(1.0, (step + 1) / 200, 3 * (plan.steps - step) / plan.steps)
        for group in self._optimizer.param_groups:
            group["lr"] = plan.rate * share
        images = self._device.put(self._crops.batch(plan.batch, rng))
        with self._device.autocast():
            posterior = self.vae.encode(images).latent_dist
            decoded = self.vae.decode(posterior.sample()).sample
        loss = self._loss(decoded.float(), images) + _KL_WEIGHT * posterior.kl().float().mean() / 1000
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.vae.parameters(), 1.0)
        self._optimizer.step()
        self._ema.update(self.vae, step)
        self._run.step += 1
        self._run.samples += plan.batch
        return float(loss.detach())

    def _loss(self, decoded: Tensor, images: Tensor) -> Tensor:
        error = torch.einsum("dc,bchw->bdhw", self._opponent, decoded - images)
        edges = functional.l1_loss(error[..., 1:, :], error[..., :-1, :]) + functional.l1_loss(
            error[..., :, 1:], error[..., :, :-1]
        )
        return error.abs().mean() + error.square().mean() + _EDGE_WEIGHT * edges

    @torch.no_grad()
    def _report(self) -> None:
        """Measure on pictures that are not learned from, and write them beside what became of them."""
        vae = self.averaged()
        decoded = vae.decode(vae.encode(self._watched).latent_dist.mean).sample
        self._run.log({"psnr_db": psnr_db(decoded, self._watched)})
        rows = [[to_image(picture) for picture in pictures[:8]] for pictures in (self._watched, decoded)]
        write_sheet(self._folder / "reconstructions.png", rows)


def _first(shard: Shard, count: int) -> Tensor:
    return torch.stack([to_tensor(shard.image(index)) for index in range(min(count, len(shard.labels)))])
