import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab

from services.postprocess.preservation.color import color_difference
from tests.support.drawn_products import Bag

BAG = Bag(128)
COLORS, INSIDE = BAG.colors(), BAG.coverage() == 1


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """The same picture with its hues turned."""
    hsv = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + degrees) % 360
    return np.round(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)


def test_same_picture_has_no_difference() -> None:
    found = color_difference(COLORS, COLORS, INSIDE)
    assert (found.mean, found.p95, found.spot) == (0, 0, 0)


@given(st.integers(0, 2**32 - 1))
def test_difference_is_the_formulas(seed: int) -> None:
    first, second = np.random.default_rng(seed).integers(0, 256, (2, 8, 9, 3), dtype=np.uint8)
    found = color_difference(first, second, np.ones((8, 9), bool))
    assert np.allclose(found.values, deltaE_ciede2000(rgb2lab(first), rgb2lab(second)), atol=1e-3)


def test_hue_turned_further_gives_a_larger_difference() -> None:
    found = [color_difference(turned(COLORS, degrees), COLORS, INSIDE).mean for degrees in (0, 2, 5, 10, 20)]
    assert found == sorted(found)
    assert found[2] > 1.0


def test_what_changes_outside_does_not_count() -> None:
    other = np.where(INSIDE[..., None], COLORS, 255 - COLORS)
    assert color_difference(other, COLORS, INSIDE).spot == 0


def test_spot_is_where_the_colour_changed() -> None:
    other = COLORS.copy()
    other[90:97, 60:67] = (30, 90, 160)
    found = color_difference(other, COLORS, INSIDE)
    assert found.spot_yx == (93, 63)
    assert found.spot > 30
    assert found.mean < 1


def test_thin_part_that_changed_is_a_spot() -> None:
    inside = np.zeros((40, 40), bool)
    inside[:, 20] = True
    other = np.full((40, 40, 3), 100, np.uint8)
    changed = other.copy()
    changed[10:20, 20] = (200, 40, 40)
    assert color_difference(changed, other, inside).spot > 6


@pytest.mark.parametrize("shape", [(4, 5), (0, 0)])
def test_nothing_inside_is_not_told_as_no_difference(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    assert color_difference(image, image, np.zeros(shape, bool)) is None
