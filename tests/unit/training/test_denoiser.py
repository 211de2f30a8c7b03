"""The denoiser's training: resumed bit for bit, on batches of one size."""

import numpy as np
import pytest
import torch

from training.denoiser import DenoiserPlan, DenoiserTraining, Samples
from training.device import Device
from training.run import averaged_weights

CPU = Device(torch.device("cpu"))


def train(folder, painter, samples, seen):
    plan = DenoiserPlan(samples=1000, batch=2)
    DenoiserTraining(folder, painter, samples, plan, CPU).train(until=seen)
    return averaged_weights(folder), painter.state_dict()


def test_a_resumed_training_is_the_same_bit_for_bit(tmp_path, small_painter, latent_shards, tokenizer):
    samples = Samples(latent_shards, 1.0, tokenizer)
    whole = train(tmp_path / "whole", small_painter(), samples, 4)
    train(tmp_path / "parts", small_painter(), samples, 2)
    parts = train(tmp_path / "parts", small_painter(), samples, 4)
    for one, other in zip(whole, parts, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_batches_hold_samples_of_one_size(latent_shards, tokenizer):
    samples = Samples(latent_shards, 2.0, tokenizer)
    rng = np.random.default_rng(0)
    sizes = {tuple(samples.batch(3, rng).latents.shape) for _ in range(20)}
    assert sizes == {(3, 4, 8, 8), (3, 4, 12, 8)}


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_latents_and_context_are_scaled_alike(latent_shards, tokenizer, scale):
    plain, scaled = (
        Samples(latent_shards, factor, tokenizer).batch(2, np.random.default_rng(1)) for factor in (1.0, scale)
    )
    assert torch.allclose(scaled.latents, plain.latents * scale)
    assert torch.allclose(scaled.context, plain.context * scale)
    assert torch.equal(scaled.mask, plain.mask)
