"""The autoencoder's training."""

import torch

from training.autoencoder import AutoencoderPlan, AutoencoderTraining, begin_autoencoder
from training.device import Device
from training.run import averaged_weights, read_log

CPU = Device(torch.device("cpu"))


def train(folder, shards, until):
    vae, _ = begin_autoencoder(shards[1:], shards[0])
    plan = AutoencoderPlan(steps=4, batch=1, crop_px=32)
    AutoencoderTraining(folder, vae, shards[1:], shards[0], plan, CPU).train(until)
    return averaged_weights(folder)


def test_a_resumed_training_is_the_same_bit_for_bit(tmp_path, shards):
    whole = train(tmp_path / "whole", shards, 2)
    train(tmp_path / "parts", shards, 1)
    parts = train(tmp_path / "parts", shards, 2)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_the_decoder_alone_leaves_the_encoder_and_the_scale(tmp_path, shards):
    vae, _ = begin_autoencoder(shards[1:], shards[0])
    vae.register_to_config(scaling_factor=0.75)
    plan = AutoencoderPlan(steps=1, batch=1, crop_px=32, decoder_alone=True)
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    training = AutoencoderTraining(tmp_path, vae, shards[1:], shards[0], plan, CPU)
    training.train()
    after = training.averaged()
    changed = {name for name, value in after.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith(("decoder.", "post_quant_conv.")) for name in changed)
    assert after.config.scaling_factor == 0.75
    assert any("psnr_db" in line for line in read_log(tmp_path))
