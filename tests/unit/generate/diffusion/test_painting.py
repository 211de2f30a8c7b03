import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.errors import InvalidInput
from services.generate.diffusion.painting import DrawOptions, Painting
from services.generate.diffusion.sizes import Buckets
from services.generate.prompt import ScenePrompt

WORDS = ScenePrompt(surface="a marble top", light="soft daylight")
BUCKETS = Buckets(128, 16)
CANVAS_HW = (250, 200)


def plan(background=None, **options):
    alpha = np.zeros(CANVAS_HW, np.uint16)
    alpha[100:200, 50:150] = OPAQUE
    foreground = np.full((*CANVAS_HW, 3), (200, 20, 20), np.uint8)
    plate = np.full((*CANVAS_HW, 3), 90, np.uint8)
    return Painting.plan(
        BUCKETS, WORDS, plate if background is None else background, foreground, alpha, DrawOptions(**options)
    )


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


def test_reference_of_any_size_stands_behind_the_product():
    painting = plan(background=np.full((40, 300, 3), (10, 60, 160), np.uint8))
    assert np.abs(painting.finish(painting.request.pictures.image)[:90].astype(int) - (10, 60, 160)).max() <= 2


def test_words_of_scene_and_caller_meet():
    request = plan(prompt="eucalyptus leaves", negative_prompt="flowers").request
    assert request.prompt == "product photograph of a product on a marble top, soft daylight, eucalyptus leaves"
    assert request.negative_prompt.endswith("flowers")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("steps", 0),
        ("guidance", 99.0),
        ("plate_strength", 2.0),
        ("prompt", "{x}"),
        ("negative_prompt", "}"),
    ],
)
def test_option_out_of_its_range_is_refused(field, value):
    with pytest.raises(InvalidInput) as caught:
        plan(**{field: value})
    assert caught.value.details["field"] == field
