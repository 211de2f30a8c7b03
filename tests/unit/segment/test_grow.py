import numpy as np

from services.common.deadline import Deadline
from services.segment.grow import grown


class BlindModel:
    """Sees nothing anywhere, and counts how often it was asked."""

    def __init__(self):
        self.looks = 0

    def run(self, image, margin=0.0):
        self.looks += 1
        return np.zeros((64, 64), np.float32)


def dotted(count):
    """Red squares in a row on grey, their middles, and an empty mask."""
    image = np.full((60, 60 * count, 3), 170, np.uint8)
    for index in range(count):
        image[20:40, 60 * index + 20 : 60 * index + 40] = (200, 40, 30)
    return image, tuple((30, 60 * index + 30) for index in range(count)), np.zeros((128, 128), np.float32)


def test_many_missed_points_cost_few_looks_and_are_grown_all_the_same():
    image, points, mask = dotted(8)
    model = BlindModel()
    _, region = grown(model, image, mask, mask >= 0.5, points, Deadline())
    assert model.looks == 6
    assert all(region[64, round((column + 0.5) * 128 / 480)] for _, column in points)


def test_point_on_what_was_found_adds_nothing():
    image, points, mask = dotted(1)
    mask[40:90, 40:90] = 1
    model = BlindModel()
    _, region = grown(model, image, mask, mask >= 0.5, points, Deadline())
    assert model.looks == 0
    assert np.array_equal(region, mask >= 0.5)
