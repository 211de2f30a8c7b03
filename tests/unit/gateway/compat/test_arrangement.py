"""Where the product lies in pictures of all frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.gateway.compat.arrangement import Arrangement, contained
from services.gateway.compat.lengths import Length

PHOTO_HW = (400, 600)
PRODUCT = Box(100, 150, 200, 300)


def test_frame_stays_the_photos_where_nothing_is_asked():
    placement = Arrangement().placed(PHOTO_HW, PRODUCT)
    assert (placement.canvas_hw, placement.scale, placement.origin_yx) == (PHOTO_HW, 1.0, (0, 0))
    assert placement.product_box == PRODUCT


def test_too_many_pixels_make_everything_smaller():
    placement = Arrangement(max_pixels=60_000).placed(PHOTO_HW, PRODUCT)
    assert (placement.canvas_hw, placement.scale) == ((200, 300), 0.5)
    assert placement.product_box == Box(50, 75, 100, 150)


def test_crop_has_margins_of_the_products_size_on_each_side():
    margin = (
        Length(10, relative=False),
        Length(0.5, relative=True),
        Length(0.1, relative=True),
        Length(0, relative=False),
    )
    placement = Arrangement(crop=True, margin=margin).placed(PHOTO_HW, PRODUCT)
    assert placement.canvas_hw == (10 + 200 + 20, 300 + 150)
    assert placement.product_box == Box(10, 0, 200, 300)
    assert (placement.top, placement.left) == (-90, -150)


def test_scaled_product_is_in_the_middle_unless_it_is_put_elsewhere():
    middle = Arrangement(scale=0.5).placed(PHOTO_HW, PRODUCT)
    assert middle.product_box == Box(100, 150, 200, 300)
    corner = Arrangement(scale=0.25, position=(1.0, 0.0)).placed(PHOTO_HW, PRODUCT)
    assert corner.product_box == Box(0, 450, 100, 150)


def test_product_is_not_enlarged_without_end():
    with pytest.raises(InvalidInput, match=r"enlarged 20\.0 times"):
        Arrangement(scale=1.0).placed(PHOTO_HW, Box(0, 0, 20, 20))


def test_whole_photo_is_contained_in_a_canvas():
    placement = contained(PHOTO_HW, PRODUCT, (600, 600))
    assert (placement.scale, placement.top, placement.left) == (1.0, 100, 0)
    with pytest.raises(InvalidInput, match="at most 4 times"):
        contained((20, 20), Box(0, 0, 20, 20), (1000, 1000))


@given(
    scale=st.none() | st.floats(0.1, 1),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    pixels=st.none() | st.integers(1, 300_000),
)
def test_product_never_leaves_the_frame(scale, x, y, pixels):
    placement = Arrangement(scale=scale, position=(x, y), max_pixels=pixels).placed(PHOTO_HW, PRODUCT)
    box = placement.product_box
    assert box == box.clipped(placement.canvas_hw)
    assert pixels is None or placement.canvas_hw[0] * placement.canvas_hw[1] <= max(pixels, 1)
