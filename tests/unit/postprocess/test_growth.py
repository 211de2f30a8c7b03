import numpy as np
import pytest

from services.postprocess.growth import measure_growth, weighted_mean
from tests.support.drawings import SIZE, drawn, noisy_background, strap

RED = (170, 40, 45)


@pytest.mark.parametrize("width_px", [4, 9, 40])
@pytest.mark.parametrize("grown_px", [2, 4, 8, 12])
def test_growth_is_half_of_what_was_added_to_the_width(width_px: float, grown_px: float) -> None:
    picture = drawn(noisy_background(1), strap(width_px, grown_px), RED)
    growth = measure_growth(picture, strap(width_px))
    assert growth.drawn
    assert growth.p95_px == pytest.approx(grown_px / 2, abs=0.5)


@pytest.mark.parametrize("seed", range(4))
def test_faithful_drawing_has_not_grown(seed: int) -> None:
    growth = measure_growth(drawn(noisy_background(seed), strap(8), RED), strap(8))
    assert growth.drawn
    assert growth.p95_px == 0
    assert not growth.px.any()


@pytest.mark.parametrize("seed", range(4))
def test_background_alone_shows_no_product(seed: int) -> None:
    growth = measure_growth(noisy_background(seed), strap(8))
    assert not growth.drawn
    assert not growth.px.any()


def test_soft_light_behind_a_product_is_no_edge() -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    glow = 200 * np.exp(-(((rows - SIZE / 2) ** 2 + (columns - SIZE / 2) ** 2) / (2 * 40**2)))
    picture = np.repeat(glow[..., None], 3, axis=2).astype(np.uint8)
    assert not measure_growth(picture, strap(12)).drawn


def test_growth_is_told_where_it_is() -> None:
    wide = strap(10)
    wide[: SIZE // 2] = strap(10, 8)[: SIZE // 2]
    growth = measure_growth(drawn(noisy_background(2), wide, RED), strap(10))
    assert growth.px[SIZE // 4, SIZE // 2] > 3
    assert growth.px[-SIZE // 4, SIZE // 2] == 0


def test_mean_over_a_region_takes_nothing_from_outside() -> None:
    image = np.full((20, 20, 3), 250, np.float32)
    image[:, :10] = 40
    weight = np.zeros((20, 20), np.float32)
    weight[:, :10] = 1
    mean, near = weighted_mean(image, weight, 3)
    assert mean[near > 1e-4] == pytest.approx(40, abs=0.1)
