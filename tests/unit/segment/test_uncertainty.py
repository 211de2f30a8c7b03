import numpy as np
import pytest

from services.segment.uncertainty import along_edge, judge


@pytest.fixture
def band():
    unknown = np.zeros((60, 80), bool)
    unknown[20:26] = True
    return unknown


def test_alike_sides_are_marked_and_unlike_ones_not(band):
    columns = np.nonzero(band)[1]
    marks = judge(band, np.where(columns < 40, 4, 30).astype(np.float32), np.zeros(len(columns), np.float32))
    assert marks[22, 10] == 255
    assert marks[22, 70] == 0


def test_difference_of_eight_is_marked(band):
    count = int(band.sum())
    marks = judge(band, np.full(count, 8, np.float32), np.zeros(count, np.float32))
    assert np.all(marks[band] >= 128)


def test_edge_no_mixture_explains_is_marked(band):
    count = int(band.sum())
    assert np.all(judge(band, np.full(count, 40, np.float32), np.full(count, 60, np.float32))[band] == 255)


def test_nothing_is_marked_away_from_the_edge(band):
    count = int(band.sum())
    assert not judge(band, np.zeros(count, np.float32), np.zeros(count, np.float32))[~band].any()


def test_mean_along_the_edge_evens_out_single_pixels(band):
    values = np.random.default_rng(0).normal(5, 2, int(band.sum())).astype(np.float32)
    assert along_edge(band, values).std() < 0.5
