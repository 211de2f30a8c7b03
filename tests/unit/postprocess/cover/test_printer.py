"""A cover's words on a picture: readable, behind the product, and told."""

from dataclasses import replace

import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.geometry import Box
from services.postprocess.composite import Composition, compose_parts, with_words
from services.postprocess.cover.printer import CoverPrinter, Printed
from services.postprocess.cover.schema import Cover, CoverPart, Line
from services.postprocess.cover.typecase import Typecase
from tests.support.products import block

PRINTER = CoverPrinter(Typecase.shipped())
HW = (640, 480)
COVER = Cover("VITRINE", "No 12", "€ 9", "The dress", (Line("Linen", "or wool"),))
NOISE = np.random.default_rng(5).integers(0, 256, (*HW, 3), dtype=np.uint8)
BACKGROUNDS = {
    "white": np.full((*HW, 3), 255, np.uint8),
    "black": np.zeros((*HW, 3), np.uint8),
    "grey": np.full((*HW, 3), 118, np.uint8),
    "noise": NOISE,
    "half": np.where(np.arange(HW[0])[:, None, None] < 320, np.uint8(250), np.uint8(10)) + np.zeros((*HW, 3), np.uint8),
}


def composed(background: np.ndarray) -> Composition:
    return compose_parts(background, block(HW, Box(60, 180, 420, 120)), None, None)


def printed(parts: Composition, cover: Cover = COVER) -> Printed:
    return PRINTER.printed(cover, parts, Deadline())


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("color", [None, (118, 118, 118), (255, 230, 80)], ids=["automatic", "grey", "yellow"])
def test_every_text_reaches_the_contrast_that_is_wanted(background, color):
    for text in printed(composed(BACKGROUNDS[background]), replace(COVER, color=color)).texts:
        assert text.contrast >= text.wanted
        assert text.wanted == (3.0 if text.part in ("MASTHEAD", "HEADLINE") else text.wanted)
        assert color in (None, text.color)


def test_scrim_is_laid_only_where_no_colour_can_be_read():
    assert not any(text.scrim for text in printed(composed(BACKGROUNDS["half"])).texts)
    assert any(text.scrim for text in printed(composed(NOISE)).texts)


@pytest.mark.parametrize("background", ["white", "noise"])
def test_product_keeps_every_byte_before_the_masthead(background):
    parts = composed(BACKGROUNDS[background])
    found = printed(parts)
    picture = with_words(replace(parts, words=found.layers))
    place = parts.product.box.slices()
    assert np.array_equal(picture[place], parts.picture[place])
    assert not np.array_equal(picture, parts.picture)
    [visible] = [text.visible for text in found.texts if text.part is CoverPart.MASTHEAD]
    assert 0.4 <= visible < 1


def test_what_no_word_and_no_scrim_touches_keeps_its_bytes():
    parts = composed(BACKGROUNDS["white"])
    found = printed(parts)
    changed = (with_words(replace(parts, words=found.layers)) != parts.picture).any(axis=2)
    for text in found.texts:
        changed[text.box.slices()] = False
    assert not changed.any()


def test_box_holds_the_letters_in_the_colour_that_is_told():
    parts = composed(BACKGROUNDS["white"])
    found = printed(parts)
    picture = with_words(replace(parts, words=found.layers))
    for text in found.texts:
        assert (picture[text.box.slices()] == text.color).all(axis=2).any()


def test_headline_has_the_products_colour_where_that_can_be_read():
    texts = {text.part: text.color for text in printed(composed(BACKGROUNDS["white"])).texts}
    assert texts[CoverPart.HEADLINE] == pytest.approx((180, 60, 40), abs=2)
    assert texts[CoverPart.LINE] == (16, 16, 16)


def test_the_same_cover_is_printed_the_same():
    first, second = printed(composed(NOISE)), printed(composed(NOISE))
    assert first.texts == second.texts
    assert all(np.array_equal(one.weight, two.weight) for one, two in zip(first.layers, second.layers, strict=True))
