import numpy as np

from services.segment.walker import walk

NAN = np.float32("nan")


def walked(features, seeds, prior=None, weight=0.0):
    shape = seeds.shape
    passage = np.ones(shape, np.float32)
    prior = np.ones(shape, np.float32) if prior is None else prior
    return walk(features[..., None].astype(np.float32), passage, np.ones(shape, bool), seeds, prior, weight)


def test_walk_in_the_open_falls_evenly_between_the_seeds():
    seeds = np.full((1, 11), NAN, np.float32)
    seeds[0, 0], seeds[0, -1] = 1, 0
    found = walked(np.zeros((1, 11)), seeds)
    assert np.allclose(found[0], np.linspace(1, 0, 11), atol=1e-3)


def test_walk_stops_at_an_edge():
    features = np.repeat([[0.0] * 6 + [1.0] * 4], 5, axis=0)
    seeds = np.full((5, 10), NAN, np.float32)
    seeds[2, 0], seeds[2, -1] = 1, 0
    found = walked(features, seeds)
    assert (found[:, :6] > 0.95).all()
    assert (found[:, 6:] < 0.05).all()


def test_place_without_a_seed_in_reach_is_product():
    assert (walked(np.zeros((3, 3)), np.full((3, 3), NAN, np.float32)) > 0.99).all()


def test_prior_decides_where_seeds_are_far():
    seeds = np.full((1, 40), NAN, np.float32)
    seeds[0, 0] = 1
    found = walked(np.zeros((1, 40)), seeds, np.zeros((1, 40), np.float32), 0.1)
    assert found[0, 0] == 1
    assert found[0, -1] < 0.05
