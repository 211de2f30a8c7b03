"""The shadow on the wall behind a hanging thing."""

import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded
from services.common.geometry import Box
from services.common.light import Light
from services.postprocess.wall_shadow import FAR, NEAR, wall_occlusion, wall_offsets
from tests.support.products import block

SIZE = (300, 300)
BOX = Box(80, 100, 120, 80)


def light(azimuth, elevation=40.0, radius=3.0):
    return Light(azimuth, elevation, radius, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))


def on_canvas(key):
    missed, box = wall_occlusion(block(SIZE, BOX), key, SIZE, Deadline())
    whole = np.zeros(SIZE, np.float32)
    whole[box.slices()] = missed
    return whole


def middle(dark):
    rows, columns = np.indices(dark.shape)
    return (rows * dark).sum() / dark.sum(), (columns * dark).sum() / dark.sum()


@pytest.mark.parametrize(("azimuth", "side"), [(-140, 1), (140, -1)])
def test_shadow_falls_away_from_the_light_and_down(azimuth, side):
    row, column = middle(on_canvas(light(azimuth)))
    assert row > BOX.top + BOX.height / 2 + 2
    assert side * (column - BOX.left - BOX.width / 2) > 2


def test_shadow_moves_by_the_distance_from_the_wall():
    moves, weights = wall_offsets(light(180, 45, 0.5))
    np.testing.assert_allclose(weights @ moves, [0, 1], atol=0.02)
    row, _ = middle(on_canvas(light(180, 45, 0.5)))
    shift = row - (BOX.top + BOX.height / 2 - 0.5)
    assert NEAR * 120 - 1 < shift < FAR * 120 + 1


def test_light_from_behind_the_wall_is_taken_from_before_it():
    np.testing.assert_allclose(on_canvas(light(-40)), on_canvas(light(-140)), atol=1e-6)


def test_larger_light_casts_a_softer_shadow():
    hard, soft = (on_canvas(light(180, 40, radius)) for radius in (1.0, 20.0))
    hard_edge, soft_edge = (((dark > 0.1) & (dark < 0.9)).sum() for dark in (hard, soft))
    assert soft_edge > 1.3 * hard_edge


def test_wall_far_from_the_product_misses_nothing():
    dark = on_canvas(light(-140))
    assert dark[:40].max() == 0
    assert 0.9 < dark.max() <= 1


def test_caller_who_left_stops_the_work():
    with pytest.raises(DeadlineExceeded):
        wall_occlusion(block(SIZE, BOX), light(-140), SIZE, Deadline.after(-1))
