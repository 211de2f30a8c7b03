"""Every text has its place beside the product, or the cover is refused."""

import numpy as np
import pytest

from services.common.errors import InvalidInput
from services.postprocess.cover.arrangement import Arrangement
from services.postprocess.cover.block import Block
from services.postprocess.cover.page import Page
from services.postprocess.cover.schema import Cover, CoverPart, Line, Typeface
from services.postprocess.cover.typecase import Typecase
from services.postprocess.cover.typesetter import Typesetter

PAGE = Page((1200, 900))
TYPECASE = Typecase.shipped()
COVER = Cover("VITRINE", "No 12", "€ 9", "The red dress", (Line("Linen", "or wool"), Line("Forty small shops", "")))
#: Top, left, bottom and right of what the product takes.
TALL, WIDE, CORNER, ALL = (250, 320, 1000, 580), (500, 90, 850, 810), (20, 20, 400, 300), (0, 0, 1200, 900)


def hidden(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    taken = np.zeros(PAGE.size_hw, bool)
    for top, left, bottom, right in boxes:
        taken[top:bottom, left:right] = True
    return taken


def arranged(cover: Cover = COVER, *boxes: tuple[int, int, int, int]) -> list[Block]:
    return Arrangement(cover, PAGE, hidden(*boxes), Typesetter(TYPECASE)).blocks()


@pytest.mark.parametrize("typeface", list(Typeface))
@pytest.mark.parametrize("box", [TALL, WIDE, CORNER], ids=["tall", "wide", "in the corner"])
def test_no_letter_but_the_mastheads_touches_the_product(box, typeface):
    taken = hidden(box)
    for block in arranged(Cover(**{**vars(COVER), "typeface": typeface}), box):
        touched = any(taken[row.extent.pixels(PAGE.size_hw).slices()].any() for row in block.rows)
        assert not touched or block.part is CoverPart.MASTHEAD


@pytest.mark.parametrize("box", [TALL, WIDE, CORNER], ids=["tall", "wide", "in the corner"])
def test_texts_do_not_touch_each_other(box):
    taken = np.zeros(PAGE.size_hw, int)
    for block in arranged(COVER, box):
        taken[block.extent.pixels(PAGE.size_hw).slices()] += 1
    assert taken.max() == 1


def test_texts_keep_to_the_margins_and_stand_in_their_order():
    blocks = arranged()
    assert [block.part for block in blocks] == ["MASTHEAD", "ISSUE", "PRICE", "HEADLINE", "LINE", "LINE"]
    for block in blocks:
        assert block.extent.left >= PAGE.margin - 1
        assert block.extent.right <= 900 - PAGE.margin + 1


def test_masthead_is_as_wide_as_the_page_and_the_largest():
    masthead, *others = arranged()
    assert masthead.extent.right - masthead.extent.left == pytest.approx(PAGE.inner_width, rel=0.01)
    assert masthead.rows[0].size > max(row.size for block in others for row in block.rows)


def test_masthead_goes_down_the_page_until_enough_of_it_is_seen():
    [free] = arranged(Cover("VITRINE"))
    [moved] = arranged(Cover("VITRINE"), (0, 0, 240, 900))
    assert moved.extent.top > free.extent.top + 50


def test_text_leftwards_begins_at_the_right():
    issue, price = arranged(Cover(issue="גיליון 12", price="39 ₪"))
    assert issue.extent.left > 450 > price.extent.right


@pytest.mark.parametrize(
    ("cover", "field"),
    [
        (Cover(masthead="VITRINE"), "cover.masthead"),
        (Cover(headline="The red dress"), "cover.headline"),
        (Cover(price="€ 9"), "cover.price"),
        (Cover(lines=(Line("a", ""),)), "cover.lines.0"),
    ],
    ids=["masthead", "headline", "price", "line"],
)
def test_text_that_has_no_room_is_refused_by_its_field(cover, field):
    with pytest.raises(InvalidInput) as refused:
        arranged(cover, ALL)
    assert refused.value.details["field"] == field
    assert field in refused.value.message


@pytest.mark.parametrize("text", ["-", "i", "W" * 24, "gyp"])
def test_any_masthead_stays_on_the_page(text):
    [block] = arranged(Cover(masthead=text))
    assert block.extent.bottom < 0.4 * 1200
