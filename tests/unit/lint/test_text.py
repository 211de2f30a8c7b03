import pytest

from services.common.geometry import Box
from services.lint.text import check_text
from tests.support.exhibits import packshot, rule

RULE = rule("text")
SHOT = packshot(size_hw=(200, 200), box=Box(50, 50, 100, 100))


def test_print_on_the_product_is_its_own():
    found = check_text(RULE, SHOT, [("A1", Box(60, 60, 20, 50))])
    assert (found.passed, found.value) == (True, 0)
    assert found.found == "no text beside the product; 1 line of text on it"


@pytest.mark.parametrize("line", [Box(5, 5, 20, 80), Box(60, 120, 20, 60)], ids=["beside", "half over"])
def test_text_beside_or_over_the_edge_is_not(line):
    found = check_text(RULE, SHOT, [("SALE", line), ("A1", Box(60, 60, 20, 50))])
    assert (found.passed, found.value, found.places) == (False, 1, (line,))
    assert "1 line of text beside or over the product, such as 'SALE'; 1 line" in found.found


def test_letters_that_were_cut_out_with_the_product_are_still_text():
    shot = packshot(size_hw=(200, 200), box=Box(50, 50, 100, 100))
    shot.alpha[10:30, 20:160:3] = 65535
    assert not check_text(RULE, shot, [("SALE", Box(10, 20, 20, 140))]).passed


def test_picture_without_text_passes():
    assert check_text(RULE, SHOT, []).passed
