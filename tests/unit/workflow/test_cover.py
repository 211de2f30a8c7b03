"""A cover is checked before any work, has a page to stand on, and its texts are told."""

import unicodedata

import pytest

from services.api.studio import Canvas, Cover, CreateShotRequest
from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.common.pose import Pose
from services.generate.scene import SceneCatalog
from services.postprocess.cover.schema import CoverPart, CoverText
from services.workflow.cover import MIN_PAGE_PX, CoverPolicy, cover_answer, cover_of, plan_page
from services.workflow.fit import Fit
from services.workflow.layout import plan_layout

POLICY = CoverPolicy()
MARBLE = SceneCatalog.shipped().get("marble")
ROBE = Box(100, 400, 1200, 500)


def check(canvas=None, **cover):
    POLICY.check(CreateShotRequest(scene_id="marble", cover=cover, canvas=canvas or Canvas()))


@pytest.mark.parametrize(
    ("cover", "field", "point"),
    [
        ({"masthead": "VOGUE 中"}, "cover.masthead", "U+4E2D"),
        ({"masthead": "中", "typeface": "SANS"}, "cover.masthead", "U+4E2D"),
        ({"issue": "👗"}, "cover.issue", "U+1F457"),
        ({"price": "a\u202eb"}, "cover.price", "U+202E"),
        ({"headline": "ไทย"}, "cover.headline", "U+0E44"),
        ({"lines": [{"title": "a"}, {"title": "b", "text": "한"}]}, "cover.lines.1.text", "U+D55C"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_character_without_a_glyph_is_refused_by_its_field_name_and_code_point(cover, field, point):
    with pytest.raises(InvalidInput) as refused:
        check(**cover)
    assert (refused.value.details["field"], refused.value.details["got"]) == (field, point)
    assert field in refused.value.message
    assert point in refused.value.message
    assert unicodedata.name(refused.value.details["character"]) in refused.value.message


def test_decomposed_letters_are_composed_and_spaces_made_one():
    assert cover_of(Cover(masthead="  Caf\u0065\u0301   noir ")).masthead == "Café noir"


def test_page_that_is_too_small_for_letters_is_refused():
    with pytest.raises(InvalidInput) as refused:
        check(Canvas(width=800, height=MIN_PAGE_PX - 1), price="1")
    assert refused.value.details["field"] == "canvas.height"


@pytest.mark.parametrize("pose", list(Pose))
def test_page_that_nobody_named_is_3_to_4_and_keeps_the_photos_pixels(pose):
    layout = plan_page((1500, 1500), ROBE, MARBLE, Canvas(), Fit(pose, 10, 1.0), 4096)
    height, width = layout.placement.canvas_hw
    assert width / height == pytest.approx(0.75, abs=0.01)
    assert layout.placement.scale == 1


def test_small_photos_page_is_large_enough_for_letters():
    layout = plan_page((150, 150), Box(20, 40, 110, 70), MARBLE, Canvas(), Fit(Pose.STANDING, 10, 1.0), 4096)
    assert layout.placement.canvas_hw == (1200, 900)
    assert layout.placement.scale > 1


def test_what_the_request_names_of_the_canvas_stands():
    canvas = Canvas(width=1000, height=700, padding=0.1, position_x=0.3)
    layout = plan_page((1500, 1500), ROBE, MARBLE, canvas, Fit(Pose.LYING, 60, 1.0), 4096)
    assert layout == plan_layout((1500, 1500), ROBE, MARBLE, canvas, Fit(Pose.LYING, 60, 1.0), 4096)


def test_line_is_told_by_its_place_among_the_requests():
    text = CoverText(CoverPart.LINE, 1, Box(1, 2, 3, 4), (255, 0, 10), 5.0, 4.5, 0.1, 1.0)
    answer = cover_answer(text)
    assert (answer.line, answer.color, answer.box.top) == (2, "#ff000a", 1)
