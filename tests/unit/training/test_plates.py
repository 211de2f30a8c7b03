"""Rendered training pictures: the same each time, and what is held in them is what a service would hold."""

import numpy as np
import pytest

from training.plates import draw_picture


@pytest.fixture(scope="module")
def pictures(stock):
    return [draw_picture(stock, (1, index), (96, 128)) for index in range(12)]


def test_a_picture_repeats_with_its_seed(stock, pictures):
    again = draw_picture(stock, (1, 3), (96, 128))
    assert np.array_equal(again.image, pictures[3].image)
    assert again.labels == pictures[3].labels


def test_pictures_have_the_size_asked_for(pictures):
    assert {picture.image.shape for picture in pictures} == {(96, 128, 3)}


def test_the_context_shows_the_picture_where_it_is_held(pictures):
    held = [picture for picture in pictures if picture.held.any()]
    assert len(held) > 5
    for picture in held:
        assert np.array_equal(picture.context[picture.held], picture.image[picture.held])
        assert picture.known[picture.held].all()


def test_pictures_without_a_product_say_so(pictures):
    for picture in pictures:
        if picture.labels.product == "none":
            assert not picture.held.any()
