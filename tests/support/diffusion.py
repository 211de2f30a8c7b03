"""Small requests for tiny checkpoints, and what diffusers itself makes of them."""

import cv2
import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
)
from PIL import Image

from services.generate.diffusion.request import Inpainting, SampleRequest

SIZE_HW = (64, 64)
SCHEDULERS = {
    "DDIM": DDIMScheduler,
    "EULER": EulerDiscreteScheduler,
    "DPMPP_2M": DPMSolverMultistepScheduler,
    "LCM": LCMScheduler,
}


def soft_picture(seed=3, size_hw=SIZE_HW):
    """Soft colours, (H, W, 3) uint8."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, size_hw[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def held_square(size_hw=SIZE_HW):
    """A mask that holds a part off the middle."""
    mask = np.ones(size_hw, bool)
    mask[20:50, 16:40] = False
    return mask


def sample_request(**changes):
    """A request of few steps; whatever is named differs."""
    values = {
        "pictures": Inpainting.plain(soft_picture(), held_square()), "prompt": "a red cup on marble",
        "negative_prompt": "blue photo", "seed": 5, "steps": 4,
    }  # fmt: skip
    return SampleRequest(**(values | changes))


def run_alone(pipeline, request):
    """One request from its first step to its picture."""
    sample = pipeline.prepare(request)
    while not sample.done:
        pipeline.step([sample])
    return pipeline.decode([sample])[0]


class Diffusers:
    """Diffusers' own inpainting pipeline of a checkpoint."""

    def __init__(self, folder, *, xl):
        if xl:
            self._pipeline = StableDiffusionXLInpaintPipeline.from_pretrained(folder, add_watermarker=False)
        else:
            self._pipeline = StableDiffusionInpaintPipeline.from_pretrained(
                folder, safety_checker=None, requires_safety_checker=False
            )
        self._pipeline.set_progress_bar_config(disable=True)
        self._config = self._pipeline.scheduler.config

    def run(self, request):
        """(H, W, 3) uint8."""
        self._pipeline.scheduler = SCHEDULERS[request.scheduler].from_config(self._config)
        height, width = request.pictures.size_hw
        return np.asarray(
            self._pipeline(
                prompt=request.prompt, negative_prompt=request.negative_prompt or None, height=height, width=width,
                image=Image.fromarray(request.pictures.image), mask_image=Image.fromarray(request.pictures.mask),
                strength=request.strength, num_inference_steps=request.steps, guidance_scale=request.guidance,
                generator=torch.Generator().manual_seed(request.seed),
            ).images[0]
        )  # fmt: skip
