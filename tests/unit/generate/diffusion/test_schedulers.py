import numpy as np
import pytest
import torch

from services.generate.diffusion.request import Inpainting, SampleRequest
from services.generate.diffusion.schedulers import Schedulers
from services.generate.schema import Scheduler

CONFIG = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False}
PICTURES = Inpainting.plain(np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), bool))
KINDS = pytest.mark.parametrize("kind", Scheduler)


def noise(seed):
    return torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(seed))


def open_schedule(kind, plate_strength=0.0, steps=8, **config):
    request = SampleRequest(PICTURES, "a cup", steps=steps, plate_strength=plate_strength, scheduler=kind)
    return Schedulers(CONFIG | config).open(request, torch.device("cpu"))


def walk(schedule, image):
    """Follow a denoiser that always knows the picture."""
    drawn = torch.Generator().manual_seed(2)
    alphas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000).square().neg().add(1).cumprod(0)
    latents = schedule.begin(noise(1), None)
    while schedule.position < len(schedule):
        alpha = alphas[int(schedule.timestep)]
        scaled = schedule.scale(latents)
        # Euler's latents have the picture at full weight, and are scaled for the denoiser.
        latents, told = schedule.step((scaled - alpha.sqrt() * image) / (1 - alpha).sqrt(), latents, drawn)
    return latents, told


@KINDS
def test_denoiser_that_knows_the_picture_leads_to_it(kind):
    image = noise(3)
    latents, told = walk(open_schedule(kind), image)
    assert torch.allclose(told, image, atol=0.05)
    assert torch.allclose(latents, image, atol=0.15)


@KINDS
def test_plate_leaves_the_first_steps_out(kind):
    whole, part = open_schedule(kind), open_schedule(kind, plate_strength=0.5)
    assert (len(whole), len(part)) == (8, 4)
    whole.position = 4
    assert part.timestep == whole.timestep


@KINDS
def test_start_on_a_plate_is_nearer_to_it_the_more_it_counts(kind):
    image = noise(3)
    starts = [open_schedule(kind, plate_strength=share).begin(noise(1), image) for share in (0.25, 0.75)]
    far, near = (float((start - image).norm()) for start in starts)
    assert near < far


def test_two_samples_share_no_state():
    schedulers = Schedulers(CONFIG)
    request = SampleRequest(PICTURES, "a cup", steps=8)
    first, second = (schedulers.open(request, torch.device("cpu")) for _ in range(2))
    walk(first, noise(3))
    assert torch.equal(walk(second, noise(3))[0], walk(schedulers.open(request, torch.device("cpu")), noise(3))[0])


def test_dpmpp_2m_is_that_whatever_the_checkpoint_was_made_with():
    odd = open_schedule(Scheduler.DPMPP_2M, algorithm_type="dpmsolver", solver_order=3)
    latents = [walk(schedule, noise(3))[0] for schedule in (odd, open_schedule(Scheduler.DPMPP_2M))]
    assert torch.equal(*latents)
