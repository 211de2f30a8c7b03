import cv2
import numpy as np
import pytest

from services.postprocess.preservation.ghost import Ghost, measure_ghost
from tests.support.drawn_products import Bag, backgrounds, over

SIZE = 192
BACKGROUNDS = backgrounds(SIZE)
BAG = Bag(SIZE)
COVERAGE, COLORS = BAG.coverage(), BAG.colors()
GATE_PX = 0.15


def ghost(name: str, grown_px: float, *, known: bool) -> Ghost:
    """Of a bag pasted over one that a generator drew too wide."""
    plate = BACKGROUNDS[name]
    wide = Bag(SIZE, grown_px=grown_px)
    drawn = over(plate, wide.coverage(), wide.colors()) if grown_px else plate
    return measure_ghost(over(drawn, COVERAGE, COLORS), COVERAGE, COLORS, plate if known else None)


#: Guessed, they could be the product, drawn far too wide.
RESEMBLING = ("own colour", "own brick", "stripes")


@pytest.mark.parametrize("name", list(BACKGROUNDS))
def test_product_without_ghost_shows_none_before_any_known_background(name: str) -> None:
    assert ghost(name, 0, known=True).mean_px < 0.02


@pytest.mark.parametrize("name", [name for name in BACKGROUNDS if name not in RESEMBLING])
def test_product_without_ghost_shows_none_before_a_guessed_background_of_another_colour(name: str) -> None:
    assert ghost(name, 0, known=False).mean_px < 0.02


@pytest.mark.parametrize("name", RESEMBLING)
def test_guessed_background_that_resembles_the_product_is_told(name: str) -> None:
    assert ghost(name, 0, known=False).mean_px > GATE_PX


@pytest.mark.parametrize("name", ["white", "gray", "gradient", "noise", "brick"])
@pytest.mark.parametrize("grown_px", range(2, 25, 2))
def test_ghost_of_any_width_is_told_though_the_background_is_guessed(name: str, grown_px: int) -> None:
    found = ghost(name, grown_px, known=False)
    if grown_px >= 12:
        assert found.mean_px > 10
    elif name in ("white", "gray", "gradient"):
        assert found.mean_px > GATE_PX


@pytest.mark.parametrize("name", ["white", "gray", "gradient", "noise", "brick"])
@pytest.mark.parametrize("grown_px", [1, 2, 4])
def test_ghost_is_as_wide_as_the_product_grew(name: str, grown_px: float) -> None:
    assert ghost(name, grown_px, known=True).mean_px == pytest.approx(grown_px, rel=0.15)


@pytest.mark.parametrize("name", ["white", "gray", "gradient"])
@pytest.mark.parametrize("grown_px", [1, 2, 4])
def test_ghost_shows_before_a_guessed_background(name: str, grown_px: float) -> None:
    assert ghost(name, grown_px, known=False).mean_px == pytest.approx(grown_px, rel=0.2)


def test_wider_product_leaves_a_larger_ghost() -> None:
    found = [ghost("gradient", grown, known=True).mean_px for grown in (0, 0.2, 0.5, 1, 2, 4)]
    assert found == sorted(found)
    assert found[1] > GATE_PX


def test_background_that_can_not_be_guessed_says_so() -> None:
    picture = over(BACKGROUNDS["stripes"], COVERAGE, 255 - COLORS)
    assert measure_ghost(picture, COVERAGE, 255 - COLORS).visible < 0.1


def test_worst_place_is_where_the_ghost_is() -> None:
    picture = over(BACKGROUNDS["white"], COVERAGE, COLORS)
    cv2.rectangle(picture, (40, 110), (44, 120), (176, 52, 44), -1)
    found = measure_ghost(over(picture, COVERAGE, COLORS), COVERAGE, COLORS, BACKGROUNDS["white"])
    assert found.worst_yx is not None
    assert abs(found.worst_yx[0] - 115) <= 6
    assert abs(found.worst_yx[1] - 42) <= 4


def test_noise_of_a_camera_is_no_ghost() -> None:
    rng = np.random.default_rng(3)
    clean = over(BACKGROUNDS["gray"], COVERAGE, COLORS)
    noisy = np.clip(clean + rng.normal(0, 4, clean.shape), 0, 255).astype(np.uint8)
    assert measure_ghost(noisy, COVERAGE, COLORS, BACKGROUNDS["gray"]).mean_px < 0.07
    assert measure_ghost(noisy, COVERAGE, COLORS).mean_px < 0.07


def test_picture_without_product_has_no_ghost() -> None:
    found = measure_ghost(BACKGROUNDS["gray"], np.zeros((SIZE, SIZE), np.float32), COLORS)
    assert (found.mean_px, found.worst_yx) == (0, None)
