"""Diffusion cut into what a loop can interleave: prepare, step, finish.

    sample = pipeline.prepare(request)          # text, pictures and noise of one sample
    while not sample.done:
        pipeline.step([sample])                 # or any samples of one bucket
    image = pipeline.decode([sample])[0]

A sample's result does not depend on what it shared its batches with, but for the rounding of batched arithmetic.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from services.common.errors import ModelUnavailable
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.guidance import Batcher, DenoiserInputs, combine
from services.generate.diffusion.infill import covered_cells
from services.generate.diffusion.latents import LatentCoder
from services.generate.diffusion.networks import Networks
from services.generate.diffusion.preview import LatentPreview
from services.generate.diffusion.request import Inpainting, SampleRequest
from services.generate.diffusion.sample import Bucket, Sample
from services.generate.diffusion.schedulers import Schedulers
from services.generate.diffusion.text import TextEncoder
from services.generate.engine.runner import Runner
from services.generate.engine.runners.eager import torch_runners
from services.generate.engine.spec import Part
from services.generate.engine.styled import styled_runners
from services.generate.engine.submodel import SubModel

#: Gives the runners of a checkpoint's networks.
OpenRunners = Callable[[Networks], Mapping[Part, Runner]]


class InpaintPipeline:
    """Inpainting with a Stable Diffusion or SDXL checkpoint.

    With the same checkpoint, seed, scheduler and steps the pictures are those of diffusers' own inpainting pipelines.
    `prepare` and `decode` may run beside a `step` in another thread; steps of one sample follow each other.

    Args:
        checkpoint: What the networks were loaded from.
        networks: All on one device, the denoiser's type counting for latents.
        open_runners: Gives what computes them; torch when absent.
    """

    def __init__(self, checkpoint: Checkpoint, networks: Networks, open_runners: OpenRunners = torch_runners) -> None:
        runners = open_runners(networks)
        styled = styled_runners(networks, runners)
        #: What adapters may change.
        self.models: dict[Part, SubModel] = {part: runner.model for part, runner in styled.items()}
        self.buckets = checkpoint.buckets
        self._name = checkpoint.name
        self._unet = styled[Part.UNET]
        self.device = torch.device(networks.unet.device)
        self._dtype: torch.dtype = networks.unet.dtype
        self._nine = checkpoint.in_channels == 9
        self._text = TextEncoder(networks, styled, zero_negative=checkpoint.zero_negative)
        self._coder = LatentCoder(networks.vae, runners, self._dtype)
        self._schedulers = Schedulers(checkpoint.scheduler)
        self._batcher = Batcher(networks.unet.config.time_cond_proj_dim)
        self._preview = LatentPreview(self._coder)

    @classmethod
    def open(
        cls,
        checkpoint: Checkpoint,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        open_runners: OpenRunners = torch_runners,
    ) -> Self:
        """A pipeline of a checkpoint.

        Raises:
            ModelUnavailable: The checkpoint can't be loaded; the message says why.
        """
        return cls(checkpoint, Networks.load(checkpoint, torch.device(device), dtype), open_runners)

    def warm_up(self) -> None:
        """Make a picture of one step in the smallest size, so that the first request finds everything ready.

        Raises:
            ModelUnavailable: The networks don't work together.
        """
        size_hw = min(self.buckets.sizes, key=lambda size: size[0] * size[1])
        grey = np.full((*size_hw, 3), 127, np.uint8)
        pictures = Inpainting.plain(grey, np.ones(size_hw, np.bool_))
        try:
            sample = self.prepare(SampleRequest(pictures, prompt="", steps=1))
            self.step([sample])
            self.decode([sample])
        except (RuntimeError, ValueError, TypeError) as error:
            raise ModelUnavailable("the checkpoint's networks don't work together", model=self._name) from error

    @property
    def max_tokens(self) -> int:
        """Tokens that a prompt may have."""
        return self._text.max_tokens

    def check(self, request: SampleRequest) -> None:
        """Refuse what this checkpoint can't do, in milliseconds and without the networks.

        Raises:
            InvalidInput: The size is no bucket, a prompt is too long, or the scheduler takes fewer steps.
        """
        self.buckets.check(request.pictures.size_hw)
        self._text.check("prompt", request.prompt)
        self._text.check("negative_prompt", request.negative_prompt)
        self._schedulers.check(request)

    def bucket(self, request: SampleRequest) -> Bucket:
        """What the request's sample will be able to share a batch with."""
        height, width = (side // self._coder.factor for side in request.pictures.size_hw)
        return Bucket((height, width), self._batcher.guided(request.guidance), bool(request.styles))

    def prepare(self, request: SampleRequest) -> Sample:
        """Everything that comes before the first step.

        Raises:
            InvalidInput: See `check`.
        """
        self.check(request)
        device, dtype = self.device, self._dtype
        pictures = request.pictures
        generator = torch.Generator().manual_seed(request.seed)
        schedule = self._schedulers.open(request, device)
        with torch.inference_mode():
            # The order of what is drawn from the generator is diffusers' own: picture, noise, masked picture, steps.
            from_noise = request.strength == 1
            image = None if self._nine and from_noise else self._coder.encode(pictures.image, generator)
            noise = self._noise(pictures.size_hw, generator)
            masked = self._coder.encode(pictures.context, generator, pictures.known)
            latents = schedule.begin(noise, None if from_noise else image)
            guided, styles = self._batcher.guided(request.guidance), request.styles
            return Sample(
                request, generator, schedule, self._text.encode(request.prompt, styles=styles),
                self._text.encode_negative(request.negative_prompt, styles) if guided else None,
                self._latent_mask(pictures.mask).to(device, dtype), latents, latents,
                masked_latents=masked if self._nine else None,
                image_latents=None if self._nine else image,
                noise=None if self._nine else noise,
                covered=None if pictures.covered is None else self._covered(pictures.covered),
            )  # fmt: skip

    def step(self, samples: Sequence[Sample]) -> None:
        """Take one step with samples of one bucket and the same styles."""
        predictions = self.predict(self.stack(samples))
        for sample, prediction in zip(samples, predictions[:, None], strict=True):
            self.advance(sample, prediction)

    def stack(self, samples: Sequence[Sample]) -> DenoiserInputs:
        """The samples as one batch; see `Batcher.stack`."""
        with torch.inference_mode():
            return self._batcher.stack(samples)

    def predict(self, inputs: DenoiserInputs) -> Tensor:
        """Run the denoiser once.

        Returns:
            (B, 4, h, w), guidance included.
        """
        with torch.inference_mode():
            noise_pred = self._unet.run(inputs.named(), inputs.styles)["noise_pred"]
            return combine(noise_pred.to(inputs.latents.dtype), inputs.guidance)

    def advance(self, sample: Sample, noise_pred: Tensor) -> None:
        """Take one step of one sample with its (1, 4, h, w) of `predict`."""
        with torch.inference_mode():
            sample.advance(noise_pred)

    def decode(self, samples: Sequence[Sample]) -> list[NDArray[np.uint8]]:
        """The pictures of samples of one size, (H, W, 3) uint8 sRGB.

        Raises:
            Internal: The denoiser overflowed.
        """
        return self._coder.decode(torch.cat([sample.shown for sample in samples]))

    def preview(self, sample: Sample) -> NDArray[np.uint8]:
        """What the sample will be, as far as it can be told: (h, w, 3) uint8 sRGB, one pixel per latent cell."""
        return self._preview.draw(sample.denoised)

    def _noise(self, size_hw: tuple[int, int], generator: torch.Generator) -> Tensor:
        shape = 1, 4, size_hw[0] // self._coder.factor, size_hw[1] // self._coder.factor
        # Drawn on the CPU in the network's own type, as diffusers' randn_tensor does.
        return torch.randn(shape, generator=generator, dtype=self._dtype).to(self.device)

    def _covered(self, covered: NDArray[np.bool_]) -> Tensor:
        return covered_cells(covered, self._coder.factor).to(self.device)

    def _latent_mask(self, mask: NDArray[np.bool_]) -> Tensor:
        """(1, 1, h, w): each cell has the value of its first pixel, as diffusers' pipelines scale masks."""
        return torch.from_numpy(mask[:: self._coder.factor, :: self._coder.factor].copy())[None, None]
