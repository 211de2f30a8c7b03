"""Room on a page."""

import numpy as np

from services.postprocess.cover.page import Extent, Page, Space

PAGE = Page((800, 600))


def space(*boxes: tuple[int, int, int, int]) -> Space:
    taken = np.zeros(PAGE.size_hw, bool)
    for top, left, bottom, right in boxes:
        taken[top:bottom, left:right] = True
    return Space(PAGE, taken, gap_px=10)


def test_margins_are_taken_and_the_rest_of_an_empty_page_is_free():
    empty = space()
    margin = PAGE.margin
    assert empty.free(Extent(margin, margin, 600 - margin, 800 - margin))
    assert not empty.free(Extent(margin / 2, 400, 300, 410))
    assert not empty.free(Extent(300, 790, 310, 799))


def test_nothing_fits_nearer_to_the_product_than_the_gap():
    product = space((300, 200, 500, 400))
    assert product.free(Extent(200, 270, 400, 287))
    assert not product.free(Extent(200, 270, 400, 295))


def test_tops_are_those_where_all_parts_are_free():
    tops = space((300, 200, 500, 400)).tops([Extent(100, 0, 250, 20), Extent(100, 30, 150, 50)])
    assert tops[0] >= PAGE.margin - 2
    assert not ((tops > 275) & (tops < 505)).any()  # the first part passes the product
    assert (tops > 515).any()


def test_what_is_taken_later_counts_and_a_copy_does_not_tell():
    first = space()
    other = first.copy()
    other.take(Extent(100, 100, 200, 200), gap_px=20)
    assert not other.free(Extent(150, 205, 160, 215))
    assert first.free(Extent(150, 205, 160, 215))


def test_part_beyond_the_page_has_no_place():
    assert not len(space().tops([Extent(100, 0, 700, 10)]))
    assert not len(space().tops([Extent(100, 0, 200, 900)]))
