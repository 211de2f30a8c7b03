"""A product in another colour, against the same cloth drawn in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab

from services.common.alpha import OPAQUE
from services.common.errors import InvalidInput
from services.postprocess.recolour.recolouring import recolour
from tests.support.dyed_cloth import BEIGE, GREEN, GREY, NAVY, RED, SIDE, cloth, folds, product

SKIN = (214, 165, 138)


def apart(first, second):
    """Mean deltaE2000."""
    return float(deltaE_ciede2000(rgb2lab(first), rgb2lab(second)).mean())


@pytest.mark.parametrize("dye", [RED, GREEN, NAVY, GREY], ids=["red", "green", "navy", "grey"])
@pytest.mark.parametrize("cloth_of", [RED, BEIGE, GREY], ids=["red", "beige", "grey"])
def test_cloth_looks_as_if_it_had_been_dyed_so(cloth_of, dye):
    made = recolour(product(cloth(cloth_of)), dye).product.color
    assert apart(made, cloth(dye)) < 0.6


def test_gloss_stays_the_lamps():
    made = recolour(product(cloth(RED, gloss=0.15)), GREEN).product.color
    assert apart(made, cloth(GREEN, gloss=0.15)) < 0.6


@pytest.mark.parametrize(
    "print_", [(250, 250, 248), (12, 12, 12), (40, 70, 170), (240, 200, 30), SKIN],
    ids=["white", "black", "blue", "yellow", "skin"],
)  # fmt: skip
def test_what_has_another_colour_stays(print_):
    image = cloth(RED)
    image[30:60, 20:70] = print_
    made = recolour(product(image), GREEN).product.color
    assert apart(made[33:57, 23:67], image[33:57, 23:67]) < 1.0
    assert apart(made[:25], cloth(GREEN)[:25]) < 0.8


def test_edge_of_a_print_shows_nothing_of_the_old_colour():
    image, dyed = (each.astype(np.float32) for each in (cloth(RED), cloth(GREEN)))
    ink = np.array((40, 70, 170), np.float32)
    ramp = np.clip((np.arange(SIDE) - 70) / 3, 0, 1)[:, None, None]
    mixed, truth = (np.round(each * (1 - ramp) + ink * ramp).astype(np.uint8) for each in (image, dyed))
    made = recolour(product(mixed), GREEN).product.color
    assert apart(made[68:76], truth[68:76]) < 6
    assert apart(mixed[68:76], truth[68:76]) > 15


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_nothing_outside_the_region_changes_whatever_is_asked(wanted):
    image = cloth(RED)
    image[30:60, 20:70] = (40, 70, 170)
    done = recolour(product(image), wanted)
    outside = done.region == 0
    assert outside[35:55, 25:65].all()
    assert np.array_equal(done.product.color[outside], image[outside])


def test_mask_bounds_what_changes():
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:40] = 255
    image = cloth(RED)
    made = recolour(product(image), GREEN, mask).product.color
    assert np.array_equal(made[40:], image[40:])
    assert apart(made[:40], cloth(GREEN)[:40]) < 0.8


def test_colour_within_the_mask_is_what_changes():
    image = cloth(RED)
    image[30:60, 20:70] = cloth(NAVY)[30:60, 20:70]
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[28:62, 18:72] = 255
    made = recolour(product(image), GREEN, mask).product.color
    assert apart(made[34:56, 24:66], cloth(GREEN)[34:56, 24:66]) < 1.5
    assert np.array_equal(made[:28], image[:28])


@pytest.mark.parametrize("wanted", [(255, 255, 255), (0, 0, 0), (255, 255, 0)], ids=["white", "black", "yellow"])
def test_folds_are_still_seen_in_colours_at_the_end_of_what_can_be_shown(wanted):
    made = recolour(product(cloth(RED)), wanted).product.color
    lightness = rgb2lab(made)[..., 0]
    assert lightness.std() > 2
    assert np.corrcoef(lightness.ravel(), np.cbrt(folds()).ravel())[0, 1] > 0.97


def test_transparent_pixels_keep_their_bytes():
    alpha = np.zeros((SIDE, SIDE), np.uint16)
    alpha[20:80, 20:80] = OPAQUE
    image = cloth(RED)
    made = recolour(product(image, alpha), GREEN).product
    assert np.array_equal(made.color[alpha == 0], image[alpha == 0])
    assert np.array_equal(made.alpha, alpha)


@pytest.mark.parametrize(
    ("alpha", "mask", "field"),
    [
        (None, np.zeros((SIDE, SIDE), np.uint8), "recolour.mask"),
        (np.full((SIDE, SIDE), OPAQUE // 2, np.uint16), None, "recolour"),
    ],
    ids=["dark mask", "nothing opaque"],
)
def test_nothing_to_recolour_is_refused(alpha, mask, field):
    with pytest.raises(InvalidInput) as caught:
        recolour(product(cloth(RED), alpha), GREEN, mask)
    assert caught.value.details["field"] == field
