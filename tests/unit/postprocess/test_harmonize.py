import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box
from services.common.light import Light
from services.common.srgb import LUMINANCE, to_linear
from services.postprocess.harmonize import MAX_EXPOSURE, exposure_gain, harmonized, temperature_gain
from tests.support.products import block

SIZE = (60, 80)
shares = st.floats(0.01, 1)
rgb = st.tuples(shares, shares, shares)
PRODUCT = block(SIZE, Box(10, 20, 40, 40)).recolored(np.full((40, 40, 3), (120, 110, 90), np.uint8))


def light(azimuth: float = 0, key: tuple[float, float, float] = (0.5, 0.5, 0.5)) -> Light:
    return Light(azimuth, 40, 10, key, (0.5, 0.5, 0.5))


@given(st.integers(0, 255), rgb, rgb, st.floats(-180, 180))
def test_gain_is_bounded_whatever_the_scene(level: int, key: tuple, ambient: tuple, azimuth: float) -> None:
    scene = np.full((*SIZE, 3), level, np.uint8)
    color = harmonized(PRODUCT, scene, Light(azimuth, 20, 5, key, ambient)).color
    before, after = to_linear(PRODUCT.color) @ LUMINANCE, to_linear(color) @ LUMINANCE
    assert np.abs(after / before - 1).max() < 0.45
    assert after.mean() / before.mean() == pytest.approx(1, abs=MAX_EXPOSURE + 0.08)


@given(st.integers(0, 255))
def test_exposure_moves_by_the_cap_at_most(level: int) -> None:
    gain = exposure_gain(PRODUCT, np.full((*SIZE, 3), level, np.uint8))
    assert 1 - MAX_EXPOSURE <= gain <= 1 + MAX_EXPOSURE


def test_brighter_surround_lifts_the_product() -> None:
    gains = [exposure_gain(PRODUCT, np.full((*SIZE, 3), level, np.uint8)) for level in (20, 120, 250)]
    assert gains == sorted(gains)
    assert gains[0] < 1 < gains[-1]


@given(rgb, rgb)
def test_temperature_keeps_luminance(key: tuple, ambient: tuple) -> None:
    gain = temperature_gain(Light(0, 40, 10, key, ambient))
    assert gain @ LUMINANCE == pytest.approx(1, abs=1e-4)


def test_warm_light_warms_a_fifth_of_the_way() -> None:
    gain = temperature_gain(Light(0, 40, 10, (0.6, 0.5, 0.25), (0.6, 0.5, 0.25)))
    assert gain[0] / gain[2] == pytest.approx((0.6 / 0.25) ** 0.2, rel=1e-3)


def test_side_away_from_the_key_is_darker() -> None:
    scene = np.full((*SIZE, 3), 160, np.uint8)
    left, right = (harmonized(PRODUCT, scene, light(azimuth)).color.astype(int) for azimuth in (-90, 90))
    assert left[20, 2, 0] > left[20, 37, 0]
    assert right[20, 2, 0] < right[20, 37, 0]


def test_detail_is_multiplied_not_shifted() -> None:
    black_and_gray = np.zeros((40, 40, 3), np.uint8)
    black_and_gray[::2] = 100
    color = harmonized(PRODUCT.recolored(black_and_gray), np.full((*SIZE, 3), 250, np.uint8), light()).color
    assert (color[1::2] == 0).all()
    assert (color[::2] > 100).all()


def test_alpha_and_core_stay() -> None:
    after = harmonized(PRODUCT, np.full((*SIZE, 3), 250, np.uint8), light())
    assert after.alpha is PRODUCT.alpha
    assert after.core is PRODUCT.core
