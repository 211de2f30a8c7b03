from dataclasses import fields, replace

import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded
from services.common.geometry import Box
from services.common.metrics import CUTOUTS, Recorder
from services.common.settings import SegmentSettings
from services.segment.remembered import RememberedCutouts
from services.segment.schema import SegmentRequest, Selection
from services.segment.segmenter import Segmenter
from tests.support.fake_metrics import FakeMetrics

CAPACITY = 64 << 20


@pytest.fixture(scope="module")
def segmenter(tiny_cache):
    return Segmenter.open(SegmentSettings(threads=1), tiny_cache, "tiny")


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def remembered(segmenter, metrics):
    return RememberedCutouts(segmenter, CAPACITY, Recorder(metrics))


@pytest.fixture
def request_of_ball(disc):
    """Asks for the cutout of a red ball on grey."""
    image = np.full((120, 160, 3), 128, np.uint8)
    image[disc((120, 160), 40) > 0.5] = (220, 30, 30)
    return SegmentRequest(image, owner="shop")


def cutouts(metrics):
    """How many were found, and how many made."""
    return tuple(len(metrics.values[CUTOUTS.name, (("outcome", outcome),)]) for outcome in ("hit", "miss"))


def test_a_photo_that_comes_again_is_not_cut_out_again_and_gives_the_same(remembered, request_of_ball, metrics):
    first = remembered.run(request_of_ball, Deadline())
    again = remembered.run(replace(request_of_ball, image=request_of_ball.image.copy()), Deadline())
    assert first.box is not None
    assert cutouts(metrics) == (1, 1)
    for field in fields(first):
        if field.name != "duration_s":
            assert getattr(again, field.name) is getattr(first, field.name)


def test_result_is_the_segmenters(remembered, segmenter, request_of_ball):
    kept, bare = remembered.run(request_of_ball, Deadline()), segmenter.run(request_of_ball, Deadline())
    assert np.array_equal(kept.alpha, bare.alpha)
    assert np.array_equal(kept.foreground, bare.foreground)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda request: replace(request, owner="another"), id="another owner"),
        pytest.param(lambda request: replace(request, image=request.image ^ np.uint8(1)), id="another photo"),
        pytest.param(
            lambda request: replace(request, image=request.image.reshape(160, 120, 3)), id="the same bytes, other size"
        ),
        pytest.param(
            lambda request: replace(request, selection=Selection(exclude_boxes=(Box(0, 0, 20, 20),))), id="a box"
        ),
        pytest.param(
            lambda request: replace(request, selection=Selection(keep_mask=np.full((120, 160), 255, np.uint8))),
            id="a mask",
        ),
    ],
)
def test_whatever_decides_the_cutout_is_told_apart(remembered, request_of_ball, metrics, change):
    remembered.run(request_of_ball, Deadline())
    remembered.run(change(request_of_ball), Deadline())
    assert cutouts(metrics) == (0, 2)


def test_masks_are_told_apart_by_what_they_hold(remembered, request_of_ball, metrics):
    for level in (200, 255):
        selection = Selection(keep_mask=np.full((120, 160), level, np.uint8))
        remembered.run(replace(request_of_ball, selection=selection), Deadline())
    assert cutouts(metrics) == (0, 2)


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param(lambda request: replace(request, owner=""), id="without an owner"),
        pytest.param(lambda request: replace(request, alpha=np.full((120, 160), 255, np.uint8)), id="arrived cut out"),
    ],
)
def test_what_nobody_will_ask_for_again_is_not_kept(remembered, request_of_ball, metrics, request_of):
    for _ in range(2):
        remembered.run(request_of(request_of_ball), Deadline())
    assert cutouts(metrics) == (0, 0)


def test_without_memory_nothing_is_kept(segmenter, request_of_ball, metrics):
    remembered = RememberedCutouts(segmenter, 0, Recorder(metrics))
    results = [remembered.run(request_of_ball, Deadline()) for _ in range(2)]
    assert results[0].alpha is not results[1].alpha


def test_what_failed_is_tried_again(remembered, request_of_ball, metrics):
    with pytest.raises(DeadlineExceeded):
        remembered.run(request_of_ball, Deadline(1.0))
    assert remembered.run(request_of_ball, Deadline()).box is not None


@pytest.mark.parametrize("product", [True, False], ids=["product", "no product"])
def test_what_is_kept_can_be_changed_by_nobody_and_holds_no_photo(remembered, request_of_ball, product):
    image = request_of_ball.image if product else np.full((120, 160, 3), 128, np.uint8)
    result = remembered.run(replace(request_of_ball, image=image), Deadline())
    assert (result.box is not None) == product
    arrays = [value for field in fields(result) if isinstance(value := getattr(result, field.name), np.ndarray)]
    assert not any(array.flags.writeable for array in arrays)
    assert not any(np.may_share_memory(array, image) for array in arrays)
    assert image.flags.writeable
