import numpy as np

from services.common.deadline import Deadline
from services.generate.upscale.enlargement import Enlargement, as_it_is
from services.generate.upscale.upscaler import Upscaler

PICTURE = np.full((20, 30, 3), 90, np.uint8)


class Repeating:
    name = "repeating"

    def __call__(self, planes):
        return planes.repeat(4, 2).repeat(4, 3)


UPSCALER = Upscaler("repeating 3", Repeating(), 4, 0)


def test_network_that_took_part_stands_in_the_engines_name():
    enlarge = Enlargement(UPSCALER, Deadline())
    assert enlarge(PICTURE, (60, 90)).shape == (60, 90, 3)
    assert enlarge.signed("engine-1") == "engine-1, upscaled-1 repeating 3"


def test_network_that_had_nothing_to_do_does_not():
    enlarge = Enlargement(UPSCALER, Deadline())
    assert enlarge(PICTURE, (20, 30)) is PICTURE
    assert enlarge.signed("engine-1") == "engine-1"


def test_nothing_is_enlarged_without_a_network():
    enlarge = Enlargement(None, Deadline())
    assert enlarge(PICTURE, (60, 90)) is PICTURE
    assert enlarge.signed("engine-1") == "engine-1"


def test_picture_as_it_is_is_the_picture():
    assert as_it_is(PICTURE, (60, 90)) is PICTURE
