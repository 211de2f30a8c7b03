import numpy as np
import pytest

from services.segment.doubt import Doubt
from services.segment.local_colours import LocalColours, difference
from services.segment.trimap import draw_trimap
from tests.support.straps import Shape

SIZE = (97, 131)
PRODUCT, BACKDROP = np.float32([0.6, 0.1, 0.2]), np.float32([0.1, 0.4, 0.5])
NO_DOUBT = Doubt(np.zeros(SIZE, bool), np.zeros(SIZE, bool))


@pytest.fixture
def strap():
    coverage = Shape.wave(SIZE, 9, 30).coverage.astype(np.float32)
    trimap = draw_trimap(coverage, NO_DOUBT, 131)
    return coverage[..., None] * PRODUCT + (1 - coverage[..., None]) * BACKDROP, trimap, coverage


def test_colours_on_both_sides_are_those_that_were_mixed(strap):
    colours, trimap, _ = strap
    local = LocalColours.around(colours, trimap)
    assert local.seen.all()
    assert np.abs(local.product - PRODUCT).max() < 0.02
    assert np.abs(local.backdrop - BACKDROP).max() < 0.02


def test_projection_gives_the_alpha_of_a_mixture(strap):
    colours, trimap, coverage = strap
    found = LocalColours.around(colours, trimap).project(colours[trimap.unknown])
    assert np.abs(found - coverage[trimap.unknown]).max() < 0.03


def test_texture_makes_alpha_ambiguous(strap):
    colours, trimap, _ = strap
    textured = colours + np.random.default_rng(1).normal(0, 0.1, colours.shape).astype(np.float32)
    calm, wild = (LocalColours.around(picture, trimap).ambiguity.mean() for picture in (colours, textured))
    assert calm < 0.02
    assert wild > 0.05


def test_colour_of_a_place_far_from_the_product_is_that_of_the_product(strap):
    colours, trimap, _ = strap
    trimap.unknown[2:6, 120:124] = True
    local = LocalColours.around(colours, trimap)
    assert local.seen.all()
    assert np.abs(local.product - PRODUCT).max() < 0.02


def test_side_that_is_nowhere_is_not_seen():
    trimap = draw_trimap(np.ones(SIZE, np.float32), NO_DOUBT, 131)
    trimap.unknown[40:50, 40:50] = True
    assert not LocalColours.around(np.full((*SIZE, 3), 0.5, np.float32), trimap).seen.any()


def test_difference_of_black_and_white_is_a_hundred():
    black, white = np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)
    assert difference(black, white) == pytest.approx(100, abs=0.01)
    assert difference(white, white) == 0
