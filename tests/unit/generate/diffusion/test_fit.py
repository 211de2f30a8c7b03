import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.generate.diffusion.fit import CanvasFit
from tests.support.diffusion import soft_picture

sides = st.integers(16, 300)


@given(canvas=st.tuples(sides, sides), bucket=st.tuples(sides, sides))
def test_sizes_are_those_asked_for(canvas, bucket):
    fit = CanvasFit(canvas, bucket)
    drawn = fit.to_bucket(np.zeros((*canvas, 3), np.uint8))
    assert drawn.shape == (*bucket, 3)
    assert fit.to_canvas(drawn).shape == (*canvas, 3)


@pytest.mark.parametrize("canvas", [(200, 160), (50, 90), (64, 64)])
def test_canvas_comes_back_as_it_was(canvas):
    image = soft_picture(size_hw=canvas)
    fit = CanvasFit(canvas, (64, 64))
    back = fit.to_canvas(fit.to_bucket(image))
    assert np.abs(back.astype(int) - image.astype(int)).mean() < 4


def test_larger_canvas_is_left_to_what_enlarges():
    fit, asked = CanvasFit((150, 150), (64, 64)), []

    def enlarge(image, size_hw):
        asked.append((image.shape, size_hw))
        return np.full((*size_hw, 3), 7, np.uint8)

    assert (fit.to_canvas(np.zeros((64, 64, 3), np.uint8), enlarge) == 7).all()
    assert asked == [((64, 64, 3), (150, 150))]


def test_shapes_keep_their_proportions():
    alpha = np.zeros((100, 200), np.uint16)
    alpha[40:60, 90:110] = 65535
    rows, columns = np.nonzero(CanvasFit((100, 200), (64, 64)).to_bucket(alpha) > 32767)
    assert np.ptp(rows) == np.ptp(columns)
