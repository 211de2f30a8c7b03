"""A pipeline without networks, whose pictures tell every step that was taken, and whose work moves a virtual clock."""

import weakref
from dataclasses import dataclass

import numpy as np
import torch

from services.common.errors import InvalidInput
from services.generate.diffusion.sample import Bucket

PREPARE_S, STEP_S, DECODE_S = 0.5, 1.0, 0.5


@dataclass(eq=False)
class FakeSample:
    request: object
    bucket: Bucket
    steps_total: int
    steps_done: int = 0
    value: int = 0

    @property
    def done(self):
        return self.steps_done >= self.steps_total


class FakePipeline:
    """Stands in for `InpaintPipeline`.

    Args:
        clock: Moved by what work takes.
        fits: Samples that fit into memory together.
        broken: Seeds that no batch with them survives.
        batching_helps: Whether a step takes as long for any batch, or as long for each of its samples.
    """

    device = torch.device("cpu")

    def __init__(self, clock, fits=1000, broken=(), batching_helps=True):
        self.clock = clock
        self.fits = fits
        self.broken = set(broken)
        self.batching_helps = batching_helps
        self.batches = []
        self.decoded = []
        self.alive = weakref.WeakSet()

    def check(self, request):
        if request.prompt == "wrong":
            raise InvalidInput("prompt is wrong", field="prompt")

    def bucket(self, request):
        height, width = request.pictures.size_hw
        return Bucket((height // 8, width // 8), request.guidance > 1)

    def prepare(self, request):
        self.clock.move(PREPARE_S)
        if self.fits < 1:
            raise torch.OutOfMemoryError("none left")
        sample = FakeSample(request, self.bucket(request), request.steps_run, value=request.seed)
        self.alive.add(sample)
        return sample

    def stack(self, samples):
        assert len({sample.bucket for sample in samples}) == 1
        return samples

    def predict(self, samples):
        seeds = [sample.request.seed for sample in samples]
        if len(samples) > self.fits:
            raise torch.OutOfMemoryError(f"{len(samples)} don't fit")
        if self.broken.intersection(seeds):
            raise RuntimeError("device-side assert")
        self.batches.append(seeds)
        self.clock.move(STEP_S if self.batching_helps else STEP_S * len(samples))
        return torch.tensor([[sample.value % 1009] for sample in samples])

    def advance(self, sample, prediction):
        sample.value = sample.value + 7 * int(prediction) + sample.steps_done
        sample.steps_done += 1

    def decode(self, samples):
        self.clock.move(DECODE_S)
        self.decoded += [sample.request.seed for sample in samples]
        return [np.array([sample.value]) for sample in samples]

    def preview(self, sample):
        return np.array([sample.value])
