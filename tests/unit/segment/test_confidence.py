import numpy as np
import pytest

from services.segment.confidence import rate
from services.segment.region import find_region

SIDE = (256, 256)


def rated(mask):
    return rate(mask.astype(np.float32), find_region(mask.astype(np.float32)))


def test_clean_product_is_rated_high(disc, blurred):
    assert rated(blurred(disc(SIDE, 70))) > 0.9


def test_pair_of_products_is_rated_high(disc, blurred):
    assert rated(blurred(disc(SIDE, 45, (128, 70)) + disc(SIDE, 45, (128, 186)))) > 0.9


@pytest.mark.parametrize("level", [0.0, 0.3, 0.49])
def test_photo_without_a_product_is_rated_zero(level):
    assert rated(np.full(SIDE, level)) == 0


def test_noise_is_rated_low():
    assert rated(np.random.default_rng(0).random(SIDE)) < 0.05


def test_lines_of_a_texture_are_rated_low():
    mask = np.zeros(SIDE)
    mask[:, ::16] = mask[:, 1::16] = mask[:, 2::16] = 1
    assert rated(mask) < 0.25


def test_fine_chain_is_not_taken_for_nothing(disc):
    assert rated(disc(SIDE, 80) - disc(SIDE, 76)) > 0.25


def test_speck_is_rated_zero():
    mask = np.zeros(SIDE)
    mask[100:104, 100:104] = 1
    assert rated(mask) == 0


def test_confidence_falls_the_more_the_network_hesitates(disc, blurred):
    ratings = [
        rated(blurred(disc(SIDE, 50)) + share * 0.5 * blurred(disc(SIDE, 50, (128, 220)))) for share in (0, 0.3, 0.6)
    ]
    assert ratings == sorted(ratings, reverse=True)
    assert ratings[0] - ratings[2] > 0.3


def test_confidence_falls_the_more_the_product_touches_the_frame(disc, blurred):
    ratings = [rated(blurred(disc(SIDE, 70, (128, column)))) for column in (128, 60, 20)]
    assert ratings == sorted(ratings, reverse=True)
    assert ratings[0] > ratings[2]
