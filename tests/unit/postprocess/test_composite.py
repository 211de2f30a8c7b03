import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.postprocess.composite import Layer, composite, on_color
from services.postprocess.product import Product
from services.postprocess.shadow import Shading

BOX = Box(3, 4, 8, 10)
pictures = arrays.arrays(np.uint8, (16, 18, 3))
colors = arrays.arrays(np.uint8, (8, 10, 3))


def flat(color: np.ndarray, alpha: int) -> Product:
    plane = np.full((8, 10), alpha, np.uint16)
    return Product(BOX, plane, color, plane == OPAQUE, "none")


@given(pictures, colors)
def test_full_alpha_gives_the_products_bytes_and_leaves_the_rest(background: np.ndarray, color: np.ndarray) -> None:
    result = composite(background, flat(color, OPAQUE))
    expected = background.copy()
    expected[BOX.slices()] = color
    assert np.array_equal(result, expected)


@given(pictures, colors)
def test_zero_alpha_gives_the_backgrounds_bytes(background: np.ndarray, color: np.ndarray) -> None:
    assert np.array_equal(composite(background, flat(color, 0)), background)


@given(pictures, colors, st.integers(0, OPAQUE))
def test_edge_pixels_lie_between_product_and_background(background: np.ndarray, color: np.ndarray, alpha: int) -> None:
    result = composite(background, flat(color, alpha))[BOX.slices()].astype(int)
    below = background[BOX.slices()].astype(int)
    assert (result >= np.minimum(below, color) - 1).all()
    assert (result <= np.maximum(below, color) + 1).all()


def test_half_alpha_mixes_light_not_bytes() -> None:
    white, black = np.full((16, 18, 3), 255, np.uint8), np.zeros((8, 10, 3), np.uint8)
    assert (composite(white, flat(black, OPAQUE // 2))[BOX.slices()] == 188).all()


def test_same_colour_on_itself_shows_no_fringe() -> None:
    gray = np.full((16, 18, 3), 119, np.uint8)
    soft = np.linspace(0, OPAQUE, 80).astype(np.uint16).reshape(8, 10)
    result = composite(gray, Product(BOX, soft, gray[BOX.slices()], soft == OPAQUE, "none"))
    assert np.array_equal(result, gray)


def test_shading_darkens_the_background_and_spares_the_product() -> None:
    background, color = np.full((16, 18, 3), 200, np.uint8), np.full((8, 10, 3), 90, np.uint8)
    half = Shading(Box(0, 0, 16, 18), np.full((16, 18, 3), 0.5, np.float32))
    result = composite(background, flat(color, OPAQUE), half)
    assert np.array_equal(result[BOX.slices()], color)
    assert (result[0] == 146).all()


def test_reflection_lies_under_the_product() -> None:
    background, color = np.zeros((16, 18, 3), np.uint8), np.full((8, 10, 3), 90, np.uint8)
    bright = Layer(Box(0, 0, 16, 18), np.ones((16, 18), np.float32), np.ones((16, 18, 3), np.float32))
    result = composite(background, flat(color, OPAQUE), reflection=bright)
    assert np.array_equal(result[BOX.slices()], color)
    assert (result[0] == 255).all()


def test_background_is_not_written_to() -> None:
    background = np.full((16, 18, 3), 200, np.uint8)
    background.flags.writeable = False
    composite(background, flat(np.zeros((8, 10, 3), np.uint8), OPAQUE))
    assert (background == 200).all()


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (12, 200, 90)])
def test_on_color_keeps_both_ends_exact(background: tuple[int, int, int]) -> None:
    color = np.random.default_rng(1).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    alpha = np.array([[0, OPAQUE, 0, OPAQUE]] * 4, np.uint16)
    result = on_color(color, alpha, background)
    assert (result[:, ::2] == background).all()
    assert np.array_equal(result[:, 1::2], color[:, 1::2])
