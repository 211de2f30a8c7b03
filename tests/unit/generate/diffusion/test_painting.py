import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.common.placement import Placement
from services.generate.diffusion.painting import Painting
from services.generate.diffusion.sizes import Buckets
from services.generate.diffusion.standing import StandingProduct
from services.generate.schema import Drawing

BUCKETS = Buckets(128, 16)
CANVAS_HW = (250, 200)
PLACEMENT = Placement(CANVAS_HW, Box(0, 0, 250, 200), 0, 0, 1.0, Box(100, 50, 100, 100))


def plan(seed=0, **options):
    alpha = np.zeros(CANVAS_HW, np.uint16)
    alpha[100:200, 50:150] = OPAQUE
    product = StandingProduct(np.full((*CANVAS_HW, 3), (200, 20, 20), np.uint8), alpha)
    plate = np.full((*CANVAS_HW, 3), 90, np.uint8)
    return Painting.plan(BUCKETS, plate, product, Drawing(PLACEMENT, **({"prompt": "a cup"} | options)), seed)


def test_request_has_the_size_of_a_bucket_and_the_result_that_of_the_canvas():
    painting = plan()
    assert painting.request.pictures.size_hw in BUCKETS.sizes
    assert painting.finish(painting.request.pictures.image).shape == (*CANVAS_HW, 3)


def test_product_stays_where_it_was():
    painting = plan()
    canvas = painting.finish(painting.request.pictures.image)
    assert (canvas[105:195, 55:145, 0] > 190).all()
    assert np.abs(canvas[:90].astype(int) - 90).max() <= 2
    assert not painting.finish(painting.request.pictures.mask.astype(np.uint8))[115:185, 65:135].any()


def test_product_is_left_out_of_what_is_decoded_where_the_picture_is_enlarged():
    product = StandingProduct(np.zeros((*CANVAS_HW, 3), np.uint8), np.full(CANVAS_HW, OPAQUE, np.uint16))
    plate = np.full((*CANVAS_HW, 3), 90, np.uint8)
    for native_px, left_out in ((128, True), (512, False)):
        drawing = Drawing(PLACEMENT, prompt="a cup")
        pictures = Painting.plan(Buckets(native_px, 16), plate, product, drawing, 0).request.pictures
        assert (pictures.covered is not None) == left_out


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("steps", 0),
        ("guidance", 99.0),
        ("plate_strength", 2.0),
    ],
)
def test_option_out_of_its_range_is_refused(field, value):
    with pytest.raises(InvalidInput) as caught:
        plan(**{field: value})
    assert caught.value.details["field"] == field
