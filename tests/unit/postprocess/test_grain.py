import numpy as np
import pytest

from services.common.geometry import Box
from services.postprocess.grain import MAX_GRAIN, add_noise, grained, noise_level
from services.postprocess.product import Product
from tests.support.products import block

SIZE = 128
EVERYWHERE = np.ones((SIZE, SIZE), bool)
BOX = Box(16, 16, 96, 96)


def flat(level: int = 128) -> np.ndarray:
    return np.full((SIZE, SIZE, 3), level, np.uint8)


def noisy(sigma: float, seed: int = 1, level: int = 128) -> np.ndarray:
    return add_noise(flat(level), sigma, seed)


def product(sigma: float) -> Product:
    return block((SIZE, SIZE), BOX).recolored(noisy(sigma, 5)[BOX.slices()])


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3, 6])
def test_noise_is_measured(sigma: float) -> None:
    assert noise_level(noisy(sigma), EVERYWHERE) == pytest.approx(sigma, rel=0.25, abs=0.15)


def test_slopes_and_edges_are_no_noise() -> None:
    image = np.repeat(np.tile(np.arange(SIZE), (SIZE, 1))[..., None], 3, axis=2).astype(np.uint8) // 2 + 60
    image[:, ::37] = 20
    assert noise_level(image, EVERYWHERE) < 0.3


def test_clipped_light_tells_nothing() -> None:
    assert noise_level(flat(255), EVERYWHERE) == 0
    assert noise_level(flat(), np.zeros((SIZE, SIZE), bool)) == 0


def test_same_seed_gives_the_same_grain() -> None:
    assert np.array_equal(noisy(2, 7), noisy(2, 7))
    assert not np.array_equal(noisy(2, 7), noisy(2, 8))


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_stay_clean(level: int) -> None:
    assert np.array_equal(noisy(3, 1, level), flat(level))


def test_grain_has_no_colour() -> None:
    added = noisy(3).astype(int) - 128
    assert np.array_equal(added[..., 0], added[..., 1])
    assert np.array_equal(added[..., 0], added[..., 2])


def test_smooth_background_gets_the_photos_grain() -> None:
    result = grained(flat(), product(1.5), noisy(1.5, 5), 3)
    assert noise_level(result, EVERYWHERE) == pytest.approx(1.5, abs=0.4)


def test_background_with_grain_enough_comes_through_untouched() -> None:
    background = noisy(2)
    assert grained(background, product(1.2), noisy(1.2, 5), 3) is background


def test_weave_of_a_smooth_photo_is_not_taken_for_grain() -> None:
    background = flat()
    assert grained(background, product(5), noisy(0.2), 3) is background


def test_grain_is_bounded() -> None:
    result = grained(flat(), product(9), noisy(9, 5), 3)
    assert noise_level(result, EVERYWHERE) <= MAX_GRAIN * 1.2
