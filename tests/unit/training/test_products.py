"""Drawn products lie on canvases like cut-out ones."""

import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.pose import Pose
from training.products import ProductArtist
from training.vocabulary import PRODUCTS


@pytest.mark.parametrize("pose", list(Pose))
@pytest.mark.parametrize("seed", range(12))
def test_a_product_fills_its_size_and_has_a_name(pose, seed):
    drawn = ProductArtist(np.random.default_rng(seed)).draw(pose, 80, 15.0, -60.0)
    assert drawn.kind in PRODUCTS
    assert 30 < max(drawn.coverage.shape) <= 84
    assert drawn.coverage.max() == 1
    assert 0.2 < drawn.coverage.mean() <= 1
    assert drawn.color.shape == (*drawn.coverage.shape, 3)


def test_a_product_beyond_the_canvas_is_cut_off():
    drawn = ProductArtist(np.random.default_rng(0)).draw(Pose.STANDING, 80, 15.0, 0.0)
    product = drawn.placed(-20, -10, (64, 64))
    assert (product.box.top, product.box.left) == (0, 0)
    assert product.box.bottom <= 64
    assert product.color.shape == (*product.alpha.shape, 3)


def test_the_core_is_what_is_opaque():
    product = ProductArtist(np.random.default_rng(3)).draw(Pose.LYING, 60, 80.0, 0.0).placed(5, 5, (128, 128))
    assert np.array_equal(product.core, product.alpha == OPAQUE)
