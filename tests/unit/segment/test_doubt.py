import cv2
import numpy as np
import pytest

from services.common.geometry import Box
from services.segment.doubt import Doubt

SIZE = (128, 128)


@pytest.fixture
def product():
    return np.pad(np.ones((40, 60), np.float32), ((60, 28), (34, 34)))


def doubt_of(mask):
    seen = cv2.GaussianBlur(mask, (0, 0), 1.5)
    return Doubt.of(seen, seen >= 0.5, SIZE)


def test_clean_mask_has_no_strands(product):
    doubt = doubt_of(product)
    assert doubt.places.any()
    assert not doubt.strands.any()


def comb(product):
    """The product with six threads."""
    product[20:60, 40:90:8] = 1
    return product


def test_thin_traces_that_leave_the_product_are_strands(product):
    assert np.all(doubt_of(comb(product)).strands[25:50, 40:90:8])


def test_lone_trace_is_of_something_behind(product):
    product[20:60, 60] = 1
    doubt = doubt_of(product)
    assert not doubt.strands.any()
    assert not doubt.places[:45].any()


def test_thin_trace_that_starts_elsewhere_is_none(product):
    product[5:35, 40:90:8] = 1
    assert not doubt_of(product).places[:40].any()


def test_broad_doubt_beside_the_product_is_no_strand(product):
    product[20:60, 40:80] = 0.4
    doubt = doubt_of(product)
    assert not doubt.strands[25:50, 45:75].any()
    assert not doubt.places[25:45, 45:75].any()


def test_strap_that_the_network_is_sure_of_is_no_strand(product):
    comb(product)[20:60, 58:66] = 1
    assert not doubt_of(product).strands[25:50, 60:64].any()


def test_doubt_has_the_photos_size_and_its_part_that_of_the_box(product):
    seen = cv2.GaussianBlur(comb(product), (0, 0), 1.5)
    doubt = Doubt.of(seen, seen >= 0.5, (200, 300))
    assert doubt.places.shape == (200, 300)
    part = doubt.within(Box(10, 20, 70, 90))
    assert np.array_equal(part.strands, doubt.strands[10:80, 20:110])
