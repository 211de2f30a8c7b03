"""A fix does as little as it takes."""

import pytest

from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.lint.inspector import Inspector
from services.lint.plan import Plan
from services.lint.step import Step
from tests.support.exhibits import packshot, rule_set

WHITE = {"kind": "ground", "color": "#ffffff", "least_share": 0.99}
FILL = {"kind": "fill", "least": 0.8}
LARGE = Box(10, 10, 180, 180)


class NoText:
    def read(self, image):
        return ()


class OneLine:
    def read(self, image):
        return (("SALE", Box(2, 2, 4, 8)),)


def planned(rules, shot, wanted=None, reader=None):
    verdict = Inspector(reader or NoText()).judge(rules, shot, Deadline())
    return Plan.of(rules, verdict, shot, wanted, 4096)


def test_photo_that_passes_is_left_alone():
    assert planned(rule_set(WHITE, FILL), packshot(box=LARGE)).steps == ()


def test_ground_that_is_not_white_is_replaced():
    plan = planned(rule_set(WHITE), packshot(ground=200))
    assert plan.cut_out
    assert plan.ground == (255, 255, 255)
    assert plan.steps == (Step.GROUND, Step.FRAME)


def test_text_beside_the_product_goes_with_the_ground():
    assert planned(rule_set({"kind": "text"}), packshot(), reader=OneLine()).cut_out


def test_white_photo_in_a_wrong_frame_stays_whole():
    plan = planned(rule_set(WHITE, FILL), packshot())
    assert not plan.cut_out
    assert plan.steps == (Step.FRAME,)
    assert plan.placement.canvas_hw == (112, 112)


def test_photo_of_no_known_ground_in_a_wrong_frame_is_cut_out():
    assert planned(rule_set(FILL), packshot(ground=90)).cut_out


def test_wider_frame_goes_on_with_the_photos_own_ground():
    lenient = WHITE | {"tolerance": 8}
    plan = planned(rule_set(lenient, {"kind": "aspect", "width_to_height": 1.0}), packshot((200, 100), ground=249))
    assert (plan.cut_out, plan.ground) == (False, (249, 249, 249))


def test_photo_that_is_only_too_large_is_only_made_smaller():
    plan = planned(rule_set({"kind": "size", "longer_most": 100}), packshot(ground=90))
    assert plan.steps == (Step.SIZE,)
    assert plan.placement.canvas_hw == (100, 100)


def test_photo_of_another_format_is_only_written_anew():
    plan = planned(rule_set({"kind": "format", "formats": ["JPEG"]}), packshot(image_format="HEIF"))
    assert (plan.steps, plan.format) == ((Step.FILE,), ImageFormat.JPEG)


def test_photo_of_too_many_bytes_is_written_anew():
    plan = planned(rule_set({"kind": "file_size", "most_bytes": 5000}), packshot())
    assert (plan.steps, plan.most_bytes) == ((Step.FILE,), 5000)


@pytest.mark.parametrize(
    ("own", "wanted", "written"),
    [("PNG", None, "PNG"), ("TIFF", None, "JPEG"), ("GIF", None, "JPEG"), ("PNG", ImageFormat.JPEG, "JPEG")],
)
def test_new_file_has_the_format_asked_for_else_the_photos_own(own, wanted, written):
    rules = rule_set(WHITE, {"kind": "format", "formats": ["JPEG", "PNG", "TIFF", "GIF"]})
    assert planned(rules, packshot(ground=90, image_format=own), wanted).format == written


def test_photo_that_is_too_small_gets_a_wider_frame():
    rules = rule_set(WHITE, {"kind": "size", "longer_least": 245})
    plan = planned(rules, packshot((240, 240), Box(20, 20, 200, 200)))
    assert plan.placement.canvas_hw == (245, 245)
    assert plan.placement.scale == 1


def test_photo_that_is_too_small_on_another_ground_is_enlarged_whole():
    rules = rule_set({"kind": "size", "longer_least": 220}, enlarged=2)
    assert planned(rules, packshot(box=LARGE)).steps == (Step.SIZE,)


@pytest.mark.parametrize(
    ("least", "plain", "steps"),
    [(250, True, (Step.FRAME,)), (260, True, ()), (250, False, ())],
    ids=["within reach", "out of reach", "on a ground that is not known to go on"],
)
def test_size_that_is_merely_recommended_widens_the_frame_on_plain_grounds(least, plain, steps):
    wished = {"kind": "size", "longer_least": least, "level": "RECOMMENDED"}
    rules = rule_set(wished, WHITE) if plain else rule_set(wished)
    assert planned(rules, packshot((240, 240), Box(20, 20, 200, 200))).steps == steps


def test_product_that_spans_the_photo_keeps_its_frame():
    spanning = packshot(ground=90, box=Box(50, 0, 80, 200))
    plan = planned(rule_set(WHITE, FILL), spanning)
    assert plan.steps == (Step.GROUND,)
    assert plan.placement.canvas_hw == (200, 200)
