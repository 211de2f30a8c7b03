"""The colour that a product is known by."""

import numpy as np

from services.postprocess.cover.accent import accents

CORE = np.ones((20, 20), bool)


def test_accent_is_the_hue_that_most_of_the_colour_has():
    color = np.full((20, 20, 3), 200, np.uint8)
    color[:8] = (190, 20, 30)
    color[8] = (20, 40, 220)
    red, green, blue = accents(color, CORE)[0]
    assert red > 150
    assert max(green, blue) < 60


def test_grey_product_and_one_without_a_core_have_none():
    assert accents(np.full((20, 20, 3), 90, np.uint8), CORE) == ()
    assert accents(np.full((20, 20, 3), (255, 0, 0), np.uint8), ~CORE) == ()
