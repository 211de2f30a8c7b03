from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box

numbers = st.integers(-50, 50)
sizes = st.integers(1, 60)
boxes = st.builds(Box, numbers, numbers, sizes, sizes)
limits = st.tuples(sizes, sizes)


@given(boxes, limits)
def test_clipped_box_lies_inside_the_limit(box: Box, limit: tuple[int, int]) -> None:
    inside = box.clipped(limit)
    assert 0 <= inside.top <= inside.bottom <= limit[0]
    assert 0 <= inside.left <= inside.right <= limit[1]


@given(boxes, boxes)
def test_union_holds_both(one: Box, other: Box) -> None:
    both = one.union(other)
    for box in (one, other):
        assert both.top <= box.top
        assert both.left <= box.left
        assert both.bottom >= box.bottom
        assert both.right >= box.right


@given(boxes, boxes)
def test_within_counts_from_the_outer_corner(box: Box, outer: Box) -> None:
    moved = box.within(outer)
    assert (moved.top + outer.top, moved.left + outer.left) == (box.top, box.left)
    assert (moved.height, moved.width) == (box.height, box.width)


def test_grown_box_stops_at_the_image() -> None:
    assert Box(2, 10, 5, 5).grown(4, (100, 16)) == Box(0, 6, 11, 10)


def test_box_outside_the_limit_is_empty() -> None:
    assert Box(20, 0, 5, 5).clipped((10, 10)).height == 0
