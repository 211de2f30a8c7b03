"""The state of one picture on its way from noise."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from services.generate.diffusion.infill import infilled_latents
from services.generate.diffusion.request import SampleRequest
from services.generate.diffusion.schedulers import Schedule
from services.generate.diffusion.text import TextCondition


class Bucket(NamedTuple):
    """What samples must agree on to share a batch, beside their styles, and what a step's time depends on.

    Args:
        latent_hw: Size in latent cells.
        guided: Whether there is a negative half.
        styled: Whether there are styles, which one library may compute for another.
    """

    latent_hw: tuple[int, int]
    guided: bool
    styled: bool = False


@dataclass(eq=False)
class Sample:
    """Everything about one picture; a step changes `latents`, `denoised` and the schedule's position, nothing else.

    Args:
        request: What was asked for.
        generator: Of this sample alone, on the CPU, so that noise is the same on every device.
        schedule: Its own scheduler and position.
        text: What to draw.
        negative: What not to draw; None = without guidance.
        mask: (1, 1, h, w), 1 = to be drawn anew.
        latents: (1, 4, h, w), where it is.
        denoised: (1, 4, h, w), the picture as far as it can be told; at first where it starts.
        masked_latents: (1, 4, h, w) of the context; None for 4-channel networks.
        image_latents, noise: (1, 4, h, w), what a 4-channel network's held part is put back from; None for 9.
        covered: (1, 1, h, w) bool, cells that show the product and are not to be decoded; None = all are.
    """

    request: SampleRequest
    generator: torch.Generator
    schedule: Schedule
    text: TextCondition
    negative: TextCondition | None
    mask: Tensor
    latents: Tensor
    denoised: Tensor
    masked_latents: Tensor | None = None
    image_latents: Tensor | None = None
    noise: Tensor | None = None
    covered: Tensor | None = None

    @property
    def shown(self) -> Tensor:
        """(1, 4, h, w), what is to be decoded: the latents, without the product where it is not wanted."""
        return self.latents if self.covered is None else infilled_latents(self.latents, self.covered)

    @property
    def bucket(self) -> Bucket:
        """What it can share a batch with."""
        height, width = self.latents.shape[-2:]
        return Bucket((height, width), self.negative is not None, bool(self.request.styles))

    @property
    def steps_done(self) -> int:
        """Steps taken."""
        return self.schedule.position

    @property
    def steps_total(self) -> int:
        """Steps from noise to picture."""
        return len(self.schedule)

    @property
    def done(self) -> bool:
        """Whether only decoding is left."""
        return self.steps_done >= self.steps_total

    def advance(self, noise_pred: Tensor) -> None:
        """Take one step with what the denoiser said of this sample, (1, 4, h, w), guidance included."""
        latents, denoised = self.schedule.step(noise_pred, self.latents, self.generator)
        if self.image_latents is not None and self.noise is not None:
            # The held part is put back at every step (Avrahami et al., arXiv 2206.02779).
            held = self.schedule.noised(self.image_latents, self.noise)
            latents = (1 - self.mask) * held + self.mask * latents
            denoised = (1 - self.mask) * self.image_latents + self.mask * denoised
        self.latents, self.denoised = latents, denoised
