"""The selected product, with a real, tiny network that takes colourful things for products."""

import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.settings import SegmentSettings
from services.segment.schema import SegmentRequest, Selection
from services.segment.segmenter import Segmenter


@pytest.fixture(scope="module")
def segmenter(tiny_cache):
    return Segmenter.open(SegmentSettings(runner="onnxruntime"), tiny_cache, "tiny")


@pytest.fixture
def two(disc):
    """A red and a green disc on grey, 180 x 300."""
    image = np.full((180, 300, 3), 175.0)
    for colour, column in (((220, 40, 30), 80), ((40, 190, 40), 220)):
        coverage = disc((180, 300), 45, (90, column))[..., None]
        image = coverage * colour + (1 - coverage) * image
    return image.astype(np.uint8)


def cut(segmenter, image, alpha=None, **selection):
    return segmenter.run(SegmentRequest(image, alpha=alpha, selection=Selection(**selection)), Deadline())


def test_two_things_are_two_instances(segmenter, two):
    result = segmenter.run(SegmentRequest(two), Deadline())
    assert sorted(each.box.left // 100 for each in result.instances) == [0, 1]
    assert sum(each.area_px for each in result.instances) == (result.alpha > OPAQUE // 2).sum()
    assert all(0.5 < each.confidence <= 1 for each in result.instances)


@pytest.mark.parametrize(
    "selection",
    [
        {"include_points": ((90, 80),)},
        {"exclude_points": ((90, 220),)},
        {"include_boxes": (Box(30, 20, 120, 120),)},
        {"exclude_boxes": (Box(0, 150, 180, 150),)},
        {"keep_mask": np.repeat([[255] * 150 + [0] * 150], 180, axis=0).astype(np.uint8)},
    ],
    ids=lambda selection: next(iter(selection)),
)
def test_selection_leaves_the_red_disc(segmenter, two, selection):
    result = cut(segmenter, two, **selection)
    assert not result.alpha[:, 150:].any()
    assert result.alpha[90, 80] == OPAQUE
    assert len(result.instances) == 1
    assert result.confidence > 0.5


def test_closer_look_gives_the_photos_own_place_and_pixels(segmenter, two):
    result = cut(segmenter, two, include_boxes=(Box(30, 20, 120, 120),))
    assert abs(result.box.left - 35) <= 1
    full = result.alpha == OPAQUE
    assert np.array_equal(result.foreground[full], two[full])


def test_alpha_of_a_photo_that_arrives_cut_out_is_narrowed(segmenter, two):
    alpha = np.where(np.ptp(two.astype(int), axis=-1) > 60, 255, 0).astype(np.uint8)
    result = cut(segmenter, two, alpha=alpha, include_points=((90, 220),))
    assert not result.alpha[:, :150].any()
    assert result.alpha[90, 220] == OPAQUE
    assert result.whole[90, 80] == result.whole[90, 220] == OPAQUE


@pytest.mark.parametrize("selection", [{"exclude_points": ((90, 220),)}, {"exclude_boxes": (Box(0, 150, 180, 150),)}])
def test_what_is_left_out_is_still_told_to_those_who_ask_how_the_photo_was_taken(segmenter, two, selection):
    whole = cut(segmenter, two, **selection).whole
    assert whole[90, 80] == whole[90, 220] == OPAQUE
    assert whole[5, 5] == 0


def test_look_at_a_frame_is_told_in_its_place(segmenter, two):
    whole = cut(segmenter, two, include_boxes=(Box(30, 20, 120, 120),)).whole
    rows, columns = np.nonzero(whole > OPAQUE // 2)
    assert (round(rows.mean()), round(columns.mean())) == (pytest.approx(90, abs=2), pytest.approx(80, abs=2))


def test_without_a_selection_nothing_is_told_twice(segmenter, two):
    assert segmenter.run(SegmentRequest(two), Deadline()).whole is None


def test_selection_of_nothing_is_no_product(segmenter, two):
    result = cut(segmenter, two, exclude_boxes=(Box(0, 0, 180, 300),))
    assert (result.box, result.confidence, result.instances) == (None, 0.0, ())


def test_thing_that_the_network_missed_is_grown_from_a_point(segmenter, disc):
    coverage = disc((180, 300), 40, (90, 150))[..., None]
    image = (coverage * 60 + (1 - coverage) * 175 + np.zeros((1, 1, 3))).astype(np.uint8)
    assert segmenter.run(SegmentRequest(image), Deadline()).box is None
    result = cut(segmenter, image, include_points=((90, 150),))
    wanted = coverage[..., 0] > 0.5
    found = result.alpha > OPAQUE // 2
    assert (found & wanted).sum() / (found | wanted).sum() > 0.95
