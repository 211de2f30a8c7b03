from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from skimage import data

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.errors import Cancelled, Internal
from services.common.settings import SegmentSettings, Settings
from services.models.cache import ModelCache
from services.segment.schema import SegmentRequest
from services.segment.segmenter import Segmenter


@pytest.fixture(scope="module")
def segmenter(tiny_cache):
    return Segmenter.open(SegmentSettings(runner="onnxruntime"), tiny_cache, "tiny")


@pytest.fixture
def ball(disc):
    """A red disc on grey, 180 x 240, and its coverage."""
    coverage = disc((180, 240), 60)
    return (coverage[..., None] * (220, 40, 30) + (1 - coverage[..., None]) * 175).astype(np.uint8), coverage


def cut(segmenter, image, deadline=None):
    return segmenter.run(SegmentRequest(image), deadline or Deadline())


def test_product_is_cut_out_at_the_photos_size(segmenter, ball):
    image, coverage = ball
    result = cut(segmenter, image)
    assert result.alpha.shape == (180, 240)
    assert result.alpha.dtype == np.uint16
    assert np.abs(result.alpha / OPAQUE - coverage).mean() < 0.01


def test_box_holds_the_pixels_above_half(segmenter, ball):
    result = cut(segmenter, ball[0])
    rows, columns = np.nonzero(result.alpha > OPAQUE // 2)
    box = result.box
    assert (box.top, box.bottom, box.left, box.right) == (
        rows.min(), rows.max() + 1, columns.min(), columns.max() + 1,
    )  # fmt: skip


def test_photos_own_pixels_stand_where_alpha_is_full(segmenter, ball):
    result = cut(segmenter, ball[0])
    full = result.alpha == OPAQUE
    assert full.any()
    assert np.array_equal(result.foreground[full], ball[0][full])


def test_result_names_its_model_and_time(segmenter, ball):
    result = cut(segmenter, ball[0])
    assert result.model == segmenter.model == "tiny 3"
    assert result.duration_s > 0


def test_uncertainty_is_a_map_of_the_photos_size(segmenter, ball):
    result = cut(segmenter, ball[0])
    assert result.uncertainty.shape == (180, 240)
    assert result.uncertainty.dtype == np.uint8


def test_photo_without_a_product_has_no_box_and_no_alpha(segmenter):
    result = cut(segmenter, np.full((90, 120, 3), 180, np.uint8))
    assert result.uncertainty is None
    assert result.box is None
    assert not result.alpha.any()
    assert result.confidence == 0


def test_product_below_the_least_confidence_has_no_box(tiny_cache, ball):
    strict = Segmenter.open(SegmentSettings(runner="onnxruntime", min_confidence=1.0), tiny_cache, "tiny")
    result = cut(strict, ball[0])
    assert 0 < result.confidence < 1
    assert result.box is None
    assert not result.alpha.any()


def test_read_only_photo_is_taken(segmenter, ball):
    ball[0].flags.writeable = False
    assert cut(segmenter, ball[0]).box is not None


@pytest.mark.parametrize("size_hw", [(16, 16), (16, 300), (301, 17)])
def test_odd_sizes_are_cut(segmenter, size_hw):
    image = np.full((*size_hw, 3), 180, np.uint8)
    image[size_hw[0] // 4 : -size_hw[0] // 4, size_hw[1] // 4 : -size_hw[1] // 4] = (220, 40, 30)
    assert cut(segmenter, image).alpha.shape == size_hw


@pytest.mark.parametrize("shape", [(90, 120), (90, 120, 4)])
def test_array_that_is_no_photo_is_refused(segmenter, shape):
    with pytest.raises(Internal, match="uint8"):
        cut(segmenter, np.zeros(shape, np.uint8))


def test_caller_who_left_gets_no_work(segmenter, ball):
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        cut(segmenter, ball[0], deadline)


def test_two_callers_at_once_get_what_one_gets(segmenter, ball):
    alone = cut(segmenter, ball[0])
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: cut(segmenter, ball[0]), range(4)))
    assert all(np.array_equal(result.alpha, alone.alpha) for result in both)
    assert all(np.array_equal(result.foreground, alone.foreground) for result in both)


def test_warm_up_goes_through(segmenter):
    segmenter.warm_up()


@pytest.fixture(scope="module")
def isnet():
    cache = ModelCache(Settings().models)
    if not cache.is_cached(cache.catalog.get("isnet")):
        pytest.skip("IS-Net is not in the model cache; `vitrine models --fetch` or `make test` fetches it")
    return Segmenter.open(SegmentSettings(), cache)


def test_isnet_cuts_a_real_still_life_whole(isnet):
    result = cut(isnet, data.coffee())
    assert result.confidence > 0.9
    cup, saucer, spoon, table = (100, 320), (250, 130), (290, 400), (30, 60)
    assert [result.alpha[place] for place in (cup, saucer, spoon, table)] == [OPAQUE, OPAQUE, OPAQUE, 0]


@pytest.mark.parametrize("texture", ["brick", "gravel", "grass"])
def test_isnet_finds_no_product_in_a_texture(isnet, texture):
    result = cut(isnet, np.repeat(getattr(data, texture)()[..., None], 3, axis=2))
    assert result.box is None
    assert result.confidence < 0.25


def test_photo_that_arrives_cut_out_needs_no_network(segmenter, ball):
    image, coverage = ball
    alpha = np.round(coverage * 255).astype(np.uint8)
    result = segmenter.run(SegmentRequest(image, alpha=alpha), Deadline())
    assert result.model == "alpha of the photo"
    assert np.array_equal(result.alpha, alpha.astype(np.uint16) * 257)
