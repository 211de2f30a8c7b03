import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.postprocess.recolour.gamut import into_gamut
from services.postprocess.recolour.oklab import to_oklab

LIGHT = arrays(np.float32, (8, 3), elements=st.floats(-0.25, 1.5, width=32))


def hue(lab):
    return np.arctan2(lab[:, 2], lab[:, 1])


@given(LIGHT)
def test_everything_ends_within(linear):
    mapped = into_gamut(linear)
    assert mapped.min() >= 0
    assert mapped.max() <= 1


@given(arrays(np.float32, (8, 3), elements=st.floats(0, 1, width=32)))
def test_what_was_within_stays(linear):
    assert np.array_equal(into_gamut(linear), linear)


@given(arrays(np.float32, (8, 3), elements=st.floats(0.0625, 1.375, width=32)))
def test_lightness_and_hue_stay_and_chroma_falls(linear):
    before, after = to_oklab(linear), to_oklab(into_gamut(linear))
    seen = before[:, 0] < 0.97
    assert np.allclose(after[seen, 0], before[seen, 0], atol=2e-3)
    chroma = [np.hypot(each[:, 1], each[:, 2]) for each in (before, after)]
    assert (chroma[1] <= chroma[0] + 2e-3).all()
    coloured = seen & (chroma[1] > 0.03)
    turned = np.angle(np.exp(1j * (hue(after)[coloured] - hue(before)[coloured])))
    assert np.abs(turned).max(initial=0) < 0.05


def test_lighter_than_white_is_white():
    assert np.allclose(into_gamut(np.array([[1.5, 1.4, 1.6]], np.float32)), 1, atol=1e-3)
