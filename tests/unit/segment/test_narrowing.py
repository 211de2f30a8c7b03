import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.geometry import Box
from services.segment.narrowing import frame_of, missed, narrow, within
from services.segment.schema import Selection

SIZE = (120, 160)


@pytest.fixture
def two():
    """Two red squares on grey, and a network's answer to them on a grid of its own."""
    image = np.full((*SIZE, 3), 170, np.uint8)
    image[30:90, 20:60] = image[30:90, 100:140] = (200, 40, 30)
    region = np.zeros(SIZE, np.float32)
    region[30:90, 20:60] = region[30:90, 100:140] = 1
    mask = np.asarray(cv2.resize(region, (256, 256), interpolation=cv2.INTER_LINEAR), np.float32)
    return image, mask, mask >= 0.5


def left_of(two, **selection):
    narrowed = narrow(*two, Selection(**selection))
    on_photo = cv2.resize(narrowed.region.astype(np.uint8), SIZE[::-1], interpolation=cv2.INTER_AREA) > 0
    return narrowed, on_photo


def test_include_point_leaves_its_component_alone(two):
    _, region = left_of(two, include_points=((60, 40),))
    assert region[60, 40]
    assert not region[:, 90:].any()


def test_point_beside_a_component_means_it(two):
    assert left_of(two, include_points=((60, 62),))[1][60, 40]


def test_exclude_point_takes_its_component(two):
    _, region = left_of(two, exclude_points=((60, 120),))
    assert region[60, 40]
    assert not region[:, 90:].any()


def test_boxes_bound_the_product(two):
    narrowed, region = left_of(two, include_boxes=(Box(0, 0, 60, 160),), exclude_boxes=(Box(0, 90, 120, 70),))
    assert region[40, 40]
    assert not region[62:].any()
    assert not region[:, 90:].any()
    assert not narrowed.ceiling[60:].any()


def test_keep_mask_and_include_boxes_add_up(two):
    keep = np.zeros(SIZE, np.uint8)
    keep[:, :80] = 255
    assert left_of(two, keep_mask=keep)[1][60, 40]
    assert not left_of(two, keep_mask=keep)[1][60, 120]
    assert left_of(two, keep_mask=keep, include_boxes=(Box(0, 90, 120, 70),))[1][60, 120]


def test_soft_edge_of_a_keep_mask_bounds_alpha_softly(two):
    keep = np.full(SIZE, 255, np.uint8)
    keep[60, 40] = 51
    assert left_of(two, keep_mask=keep)[0].ceiling[60, 40] == pytest.approx(0.2)


def test_nothing_left_is_an_empty_region(two):
    assert not left_of(two, exclude_boxes=(Box(0, 0, *SIZE),))[0].region.any()


def test_points_that_change_nothing_bound_nothing(two):
    narrowed, _ = left_of(two, include_points=((60, 40), (60, 120)))
    assert (narrowed.ceiling == 1).all()


points = st.lists(st.tuples(st.integers(0, SIZE[0] - 1), st.integers(0, SIZE[1] - 1)), max_size=3).map(tuple)


@settings(max_examples=15, deadline=None)
@given(include=points, exclude=points)
def test_selection_never_adds_to_what_was_found(include, exclude):
    region = np.zeros(SIZE, bool)
    region[30:90, 20:140] = True
    image = np.where(region[..., None], (200, 40, 30), (170, 170, 170)).astype(np.uint8)
    narrowed = narrow(image, region.astype(np.float32), region, Selection(None, (), (), include, exclude))
    assert not (narrowed.region & ~region).any()
    assert narrowed.ceiling.min() >= 0
    assert narrowed.ceiling.max() <= 1


def test_far_points_are_missed(two):
    assert missed(two[2], ((60, 40), (5, 80), (60, 62)), SIZE) == ((5, 80),)


def test_frame_holds_the_boxes_with_room_around():
    frame = frame_of(Selection(include_boxes=(Box(400, 300, 100, 200),)), (1000, 800))
    assert (frame.top, frame.left, frame.bottom, frame.right) == (360, 260, 540, 540)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(exclude_points=((1, 1),)),
        Selection(include_boxes=(Box(0, 0, 90, 90),)),
        Selection(include_boxes=(Box(0, 0, 10, 10),), include_points=((90, 90),)),
    ],
    ids=["no boxes", "nearly everything", "a point elsewhere"],
)
def test_frame_is_the_whole_photo_with(selection):
    assert frame_of(selection, (100, 100)) == Box(0, 0, 100, 100)


def test_selection_moves_with_its_frame():
    keep = np.arange(10000, dtype=np.uint8).reshape(100, 100)
    moved = within(
        Selection(keep, (Box(20, 30, 10, 10),), (Box(0, 0, 25, 35),), ((25, 35), (0, 0))), Box(20, 30, 40, 50)
    )
    assert moved.keep_mask.shape == (40, 50)
    assert moved.include_boxes == (Box(0, 0, 10, 10),)
    assert moved.exclude_boxes == (Box(0, 0, 5, 5),)
    assert moved.include_points == ((5, 5),)
