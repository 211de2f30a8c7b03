"""Seams beside products."""

import numpy as np
import pytest

from training.artist import put_back
from training.seam import measure_seam


@pytest.fixture
def held():
    held = np.zeros((128, 128), np.bool_)
    held[50:80, 50:80] = True
    return held


def gradient():
    across = np.linspace(60, 180, 128).astype(np.uint8)
    return np.repeat(np.broadcast_to(across[None, :], (128, 128))[..., None], 3, 2).copy()


def test_an_even_gradient_has_no_seam(held):
    assert measure_seam(gradient(), held).ratio == pytest.approx(1, abs=0.1)


def test_a_halo_is_a_seam(held):
    image = gradient()
    image[40:90, 40:90] = 250
    assert measure_seam(image, held).ratio > 3


def test_a_picture_without_a_product_has_none():
    assert measure_seam(gradient(), np.zeros((128, 128), np.bool_)) is None


def test_the_product_is_put_back_whole_and_nothing_else(held):
    drawn, original = gradient(), np.full((128, 128, 3), 7, np.uint8)
    image = put_back(drawn, original, held)
    assert (image[held] == 7).all()
    assert np.array_equal(image[:40], drawn[:40])
