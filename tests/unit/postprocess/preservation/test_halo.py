import cv2
import numpy as np
import pytest

from services.postprocess.preservation.halo import Rim
from tests.support.drawn_products import Bag, backgrounds, over

SIZE = 192
BACKGROUNDS = backgrounds(SIZE)
BAG = Bag(SIZE)
COVERAGE, COLORS = BAG.coverage(), BAG.colors()
RIM = Rim(COVERAGE, COLORS)


def fringed(share: float) -> np.ndarray:
    """Colours whose fractional edge still holds that share of an old white background."""
    mixed = (COLORS * (1 - share) + 255 * share).astype(np.uint8)
    return np.where((COVERAGE < 1)[..., None], mixed, COLORS)


@pytest.mark.parametrize("name", list(BACKGROUNDS))
@pytest.mark.parametrize("known", [True, False], ids=["known", "guessed"])
def test_clean_edge_has_no_halo_before_any_background(name: str, known: bool) -> None:
    plate = BACKGROUNDS[name]
    picture = over(plate, COVERAGE, COLORS)
    assert RIM.halo_in(picture, plate if known else None).mean < 1.5


def test_more_of_the_old_background_is_a_larger_halo() -> None:
    plate = BACKGROUNDS["gray"]
    found = [RIM.halo_in(over(plate, COVERAGE, fringed(x)), plate).mean for x in (0, 0.2, 0.5, 0.9)]
    assert found == sorted(found)
    assert found[2] > 8


def test_white_fringe_shows_on_black_and_less_on_white() -> None:
    on_black, on_white = (Rim(COVERAGE, fringed(0.5)).halo_on((v, v, v)) for v in (0, 255))
    assert on_black.mean > on_white.mean > 4
    assert on_black.worst > 0


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255)])
def test_clean_cutout_has_no_halo_on_black_or_white(ground: tuple[int, int, int]) -> None:
    assert RIM.halo_on(ground).mean < 1


def test_sharpening_is_seen_as_a_halo() -> None:
    plate = BACKGROUNDS["gray"]
    picture = over(plate, COVERAGE, COLORS)
    sharp = cv2.addWeighted(picture, 2.5, cv2.GaussianBlur(picture, (0, 0), 1.5), -1.5, 0)
    assert RIM.halo_in(sharp, plate).mean > 8


def test_picture_without_product_has_no_halo() -> None:
    assert Rim(np.zeros_like(COVERAGE), COLORS).halo_in(BACKGROUNDS["gray"]).worst_yx is None
