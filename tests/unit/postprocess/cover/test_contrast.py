"""The contrast rule of WCAG 2 on colours whose ratios are known, and scrims that make any colour keep it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.common.srgb import to_linear
from services.postprocess.cover.contrast import BLACK, WANTED, WHITE, Ground, Scrim, contrast, luminance

BYTE = st.integers(0, 255)


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [(WHITE, BLACK, 21.0), (WHITE, (0x76, 0x76, 0x76), 4.54), (WHITE, (255, 0, 0), 4.0), (BLACK, BLACK, 1.0)],
)
def test_contrast_is_that_of_wcag(first, second, ratio):
    assert contrast(luminance(first), luminance(second)) == pytest.approx(ratio, abs=0.01)
    assert contrast(luminance(second), luminance(first)) == pytest.approx(ratio, abs=0.01)


@given(st.tuples(BYTE, BYTE, BYTE), arrays(np.uint8, (40, 3)))
def test_any_colour_is_readable_on_anything_with_its_scrim(color, pixels):
    ground = Ground(to_linear(pixels))
    scrim = ground.scrim(color, WANTED)
    assert ground.reached(color, scrim) >= WANTED - 1e-3


@given(arrays(np.uint8, (40, 3)))
def test_scrim_is_laid_only_where_it_is_needed(pixels):
    ground = Ground(to_linear(pixels))
    reached, scrim = ground.reached(WHITE), ground.scrim(WHITE, WANTED)
    assert scrim.weight == 0 or reached < WANTED * 1.001
    assert scrim.weight > 0 or reached > WANTED * 0.999


@given(st.tuples(BYTE, BYTE, BYTE), arrays(np.uint8, (40, 3)), st.floats(0, 1))
def test_more_of_a_scrim_never_hides_what_it_lets_read(color, pixels, more):
    ground = Ground(to_linear(pixels))
    scrim = ground.scrim(color, WANTED)
    denser = Scrim(scrim.shade, scrim.weight + more * (1 - scrim.weight))
    assert ground.reached(color, denser) >= WANTED - 1e-3


def test_an_odd_pixel_does_not_count():
    pixels = np.full((100, 3), 20, np.uint8)
    pixels[:4] = 250
    assert Ground(to_linear(pixels)).reached(WHITE) > 15
    pixels[:10] = 250
    assert Ground(to_linear(pixels)).reached(WHITE) < 2
