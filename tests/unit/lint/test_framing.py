import pytest

from services.common.geometry import Box
from services.lint.framing import check_fill, check_margin, spans, touched
from tests.support.exhibits import packshot, rule


@pytest.mark.parametrize(("height", "passes"), [(168, False), (170, True), (196, True)])
def test_fill_is_the_larger_share(height, passes):
    shot = packshot(size_hw=(200, 400), box=Box(2, 10, height, 20))
    found = check_fill(rule("fill", least=0.85), shot)
    assert found.passed is passes
    assert found.value == pytest.approx(height / 200)


def test_product_that_is_too_large_breaks_fill_too():
    found = check_fill(rule("fill", least=0.75, most=0.9), packshot(box=Box(1, 1, 190, 60)))
    assert not found.passed
    assert found.places == (Box(1, 1, 190, 60),)


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        (Box(2, 2, 100, 100), ()),
        (Box(0, 2, 100, 100), ("top",)),
        (Box(1, 2, 198, 100), ("top", "bottom")),
        (Box(50, 0, 100, 200), ("left", "right")),
    ],
)
def test_product_at_the_edge_is_cut_off(box, cut):
    assert touched(box, (200, 200)) == cut
    found = check_margin(rule("margin", least=0), packshot(box=box))
    assert found.passed is not bool(cut)
    assert all(side in found.found for side in cut)


def test_margin_is_the_least_share_of_its_side():
    shot = packshot(size_hw=(100, 400), box=Box(10, 30, 60, 300))
    found = check_margin(rule("margin", least=0.1), shot)
    assert (found.passed, found.value) == (False, 30 / 400)
    assert check_margin(rule("margin", least=0.05), shot).passed


@pytest.mark.parametrize(
    ("box", "spanning"), [(Box(0, 5, 200, 9), True), (Box(0, 0, 9, 9), False), (Box(5, 0, 9, 200), True)]
)
def test_product_spans_where_it_touches_sides_that_face_each_other(box, spanning):
    assert spans(box, (200, 200)) is spanning
