"""The classifier of surfaces."""

import numpy as np
import torch

from training.probe import NAMES, Probe, recognised, train_probe


def test_a_probe_learns_its_shards_and_repeats(shards):
    probes = [train_probe(shards, steps=20, batch=4) for _ in range(2)]
    images = [shards[0].image(index) for index in range(4)]
    assert recognised(probes[0], images, ["oak"] * 4) == 1.0
    for one, other in zip(probes[0].parameters(), probes[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_recognised_is_the_share_of_right_answers():
    probe = Probe()
    images = [np.zeros((32, 32, 3), np.uint8)] * 4
    seen = probe.name(images)[0]
    other = next(name for name in NAMES if name != seen)
    assert recognised(probe, images, [seen, seen, seen, other]) == 0.75
