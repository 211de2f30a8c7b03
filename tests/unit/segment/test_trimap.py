import numpy as np
import pytest

from services.segment.doubt import Doubt
from services.segment.trimap import draw_trimap
from tests.support.straps import Shape

SIZE = (128, 128)
NOWHERE = np.zeros(SIZE, bool)
INNER = np.s_[16:-16, 16:-16]


def trimap_of(coverage, doubt=NOWHERE):
    return draw_trimap(coverage.astype(np.float32), Doubt(doubt, NOWHERE), 128)


@pytest.mark.parametrize("width", [2, 3, 4.5, 7, 12, 30])
@pytest.mark.parametrize("angle", [0, 30, 45])
def test_every_strap_keeps_a_core_and_it_is_true(width, angle):
    strap = Shape.wave(SIZE, width, angle)
    core = trimap_of(strap.coverage).core
    # Some known pixel within two widths of every place of the strap.
    assert core[INNER].sum() > 0.05 * strap.coverage[INNER].sum()
    assert np.all(strap.coverage[core] > 0.9)


def test_band_goes_less_deep_into_thin_parts():
    depths = []
    for width in (6, 30):
        strap = Shape.wave(SIZE, width, 0)
        trimap = trimap_of(strap.coverage)
        depths.append((trimap.unknown & (strap.coverage > 0.5))[64].sum())
    assert depths[0] < depths[1]


def test_all_fractional_pixels_are_unknown():
    strap = Shape.wave(SIZE, 12, 20)
    trimap = trimap_of(strap.coverage)
    assert np.all(trimap.unknown[(strap.coverage > 0.02) & (strap.coverage < 0.98)])


def test_doubt_of_the_network_leaves_the_outside_open():
    strap = Shape.wave(SIZE, 12, 0)
    doubt = np.zeros(SIZE, bool)
    doubt[60:68, 100:110] = True
    assert np.all(trimap_of(strap.coverage, doubt).unknown[doubt])
    assert not trimap_of(strap.coverage).unknown[doubt].any()


def test_distance_is_that_to_the_edge():
    strap = Shape.wave(SIZE, 20, 0)
    truth = np.abs(np.abs(strap.distance) - 10)
    assert np.abs(trimap_of(strap.coverage).distance - truth)[INNER].max() < 0.6


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_picture_without_an_edge_has_no_band(value):
    assert not trimap_of(np.full(SIZE, value)).unknown.any()
