import numpy as np

from services.segment.palette import likelihood_of, smooth, to_lab


def halves(left, right):
    image = np.full((20, 40, 3), left, np.uint8)
    image[:, 20:] = right
    return image, np.arange(40) < np.full((20, 1), 20)


def test_places_are_likely_where_colours_are_their_own():
    image, left = halves((200, 40, 30), (20, 20, 20))
    likelihood = likelihood_of(to_lab(image), left, ~left)
    assert likelihood[left].min() > 0.9
    assert likelihood[~left].max() < 0.1


def test_colours_of_both_sides_tell_nothing():
    image, left = halves((90, 90, 200), (90, 90, 200))
    assert np.allclose(likelihood_of(to_lab(image), left, ~left), 0.5)


def test_white_is_one_in_lightness():
    assert np.allclose(to_lab(np.full((2, 2, 3), 255, np.uint8))[0, 0], (1, 0, 0), atol=1e-3)


def test_smoothing_takes_noise_and_keeps_the_mean():
    lab = np.random.default_rng(1).normal(0.5, 0.1, (40, 40, 3)).astype(np.float32)
    assert smooth(lab).std() < 0.5 * lab.std()
    assert abs(smooth(lab).mean() - lab.mean()) < 0.01
