import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.common.srgb import to_linear
from services.postprocess.recolour.oklab import from_oklab, tints, to_oklab

COLORS = arrays(np.uint8, (5, 3))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.628, 0.2249, 0.1258)),
        ((0, 255, 0), (0.8664, -0.2339, 0.1795)),
        ((0, 0, 255), (0.452, -0.0324, -0.3115)),
    ],
)
def test_coordinates_are_the_published_ones(rgb, lab):
    assert to_oklab(to_linear(np.array(rgb, np.uint8))) == pytest.approx(lab, abs=6e-4)


@given(COLORS)
def test_colour_comes_back(colors):
    linear = to_linear(colors)
    assert np.allclose(from_oklab(to_oklab(linear)), linear, atol=1e-4)


@given(COLORS.map(lambda colors: np.maximum(colors, 30)), st.floats(0.2, 3))
def test_tint_does_not_change_with_shading(colors, shading):
    linear = to_linear(colors)
    assert np.allclose(tints(to_oklab(linear * np.float32(shading))), tints(to_oklab(linear)), atol=1e-3)
