import numpy as np
import pytest

from services.evaluation.truth.fine import KINDS, SIDE_PX, FineThing


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_thing_of_one_number_is_the_same_every_time(number: int) -> None:
    assert np.array_equal(FineThing.drawn(number).photo, FineThing.drawn(number).photo)


def test_hair_is_mostly_edge_outside_its_body() -> None:
    alpha = FineThing.drawn(KINDS.index("hair")).alpha
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX] + 0.5 - SIDE_PX / 2
    outside = np.hypot(x, y) > SIDE_PX * 0.25
    assert (alpha[outside] > 0).mean() > 0.02
    assert np.median(alpha[outside & (alpha > 0)]) < 0.9


def test_lace_has_holes_that_are_wholly_open() -> None:
    alpha = FineThing.drawn(KINDS.index("lace")).alpha
    hem = alpha[int(SIDE_PX * 0.6) : int(SIDE_PX * 0.65), int(SIDE_PX * 0.3) : int(SIDE_PX * 0.7)]
    assert 0.3 < (hem == 0).mean() < 0.95


def test_glass_hides_a_part_of_what_is_behind() -> None:
    alpha = FineThing.drawn(KINDS.index("glass")).alpha
    middle = alpha[SIDE_PX // 2, SIDE_PX // 2]
    assert 0.3 < middle < 0.65
    assert alpha.max() == 1
