import numpy as np
import pytest

from services.postprocess.recolour.clusters import Clusters


def cloud(center, count, spread=0.012, seed=0):
    return np.random.default_rng(seed).normal(center, spread, (count, 2)).astype(np.float32)


def test_colours_apart_are_told_apart_largest_first():
    clusters = Clusters.of(np.concatenate([cloud((0.0, 0.0), 900), cloud((0.3, 0.1), 4000), cloud((-0.2, 0.2), 300)]))
    large = [size for size in clusters.sizes if size > 100]
    assert large == pytest.approx([4000, 900, 300], abs=20)
    assert np.allclose(clusters.centers[:3], [(0.3, 0.1), (0.0, 0.0), (-0.2, 0.2)], atol=0.01)


def test_colour_that_wanders_is_one():
    way = np.stack([np.linspace(0.1, 0.4, 6000), np.zeros(6000)], axis=1)
    clusters = Clusters.of((way + cloud((0, 0), 6000)).astype(np.float32))
    assert clusters.sizes[0] > 5900


def test_each_tint_belongs_to_its_own():
    clusters = Clusters.of(np.concatenate([cloud((0.0, 0.0), 2000), cloud((0.3, 0.1), 4000)]))
    found = clusters.of_each(np.array([[0.3, 0.1], [0.0, 0.0], [-0.7, -0.7]], np.float32))
    assert found.tolist() == [0, 1, -1]
