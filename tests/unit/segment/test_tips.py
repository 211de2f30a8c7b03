import numpy as np

from services.segment.tips import deepest, find_tips


def cross():
    """A cross with arms of 30 places around a square of 21."""
    region = np.zeros((101, 101), bool)
    region[40:61, 40:61] = region[10:91, 47:54] = region[47:54, 10:91] = True
    return region


def test_each_arm_of_a_cross_ends_in_a_tip():
    tips = find_tips(cross())
    for end in ((10, 50), (90, 50), (50, 10), (50, 90)):
        assert min(np.hypot(row - end[0], column - end[1]) for row, column in tips) < 8


def test_tips_lie_inside_of_the_region():
    region = cross()
    assert all(region[tip] for tip in find_tips(region))


def test_part_that_lies_apart_has_tips_of_its_own():
    region = np.zeros((60, 160), bool)
    region[10:50, 10:90] = region[20:40, 120:150] = True
    assert any(column >= 120 for _, column in find_tips(region))


def test_middle_of_a_square_is_deepest():
    region = np.zeros((41, 61), bool)
    region[10:31, 20:41] = True
    assert deepest(region) == (20, 30)
