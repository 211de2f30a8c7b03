"""Photos are judged and mended; of the product nothing changes but its size, once."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from services.codecs.photo import Photo
from services.common.deadline import Deadline
from services.common.errors import Cancelled, Internal
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.lint.ruleset import RuleSetCatalog
from services.lint.step import Step
from services.postprocess.linter import Linter
from services.postprocess.preservation.reader import TextReader
from services.postprocess.preservation.thresholds import Thresholds
from services.postprocess.schema import FixOrder, LintRequest
from services.provenance.writer import PictureWriter
from tests.support.exhibits import rule_set
from tests.support.memory_blobs import MemoryBlobs
from tests.support.products import soft_disc

WHITE = {"kind": "ground", "color": "#ffffff", "least_share": 0.99}
FILL = {"kind": "fill", "least": 0.8}
RULES = rule_set(WHITE, FILL, {"kind": "format", "formats": ["JPEG", "PNG"]})
IMAGE, CUTOUT = soft_disc(size=192, radius=50)
ORDER = FixOrder("fixes/one", ImageFormat.PNG, 92, 4096)


@pytest.fixture(scope="module")
def reader():
    return TextReader(threads=1)


@pytest.fixture
def store():
    return MemoryBlobs()


@pytest.fixture
def linted(store, reader):
    def lint(image=IMAGE, cutout=CUTOUT, rules=RULES, order=ORDER, image_format="JPEG", alpha=None):
        request = LintRequest(Photo(image, alpha, image_format), 5000, rules, order)
        return Linter(store, reader, PictureWriter()).lint(request, cutout, Deadline())

    return lint


def pixels(store, key="fixes/one.png"):
    with Image.open(io.BytesIO(store.files[key])) as file:
        return np.asarray(file.convert("RGB"))


def on_white(image=IMAGE, cutout=CUTOUT):
    weight = cutout.alpha[..., None] / 65535
    return np.round(image * weight + 255 * (1 - weight)).astype(np.uint8)


def test_photo_is_judged_and_left_alone_without_an_order(linted, store):
    result = linted(order=None)
    assert [each.passed for each in result.verdict.findings] == [False, False, True]
    assert (result.fix, store.files) == (None, {})


def test_photo_that_passes_needs_no_fix(linted, store):
    result = linted(rules=rule_set({"kind": "format", "formats": ["JPEG"]}))
    assert (result.verdict.passed, result.fix, store.files) == (True, None, {})


def test_fix_passes_and_says_what_was_done(linted, store):
    fix = linted().fix
    assert fix.verdict.passed
    assert fix.mended.steps == (Step.GROUND, Step.FRAME, Step.FILE)
    assert fix.mended.reports.passed
    assert (fix.mended.blob.key, fix.mended.blob.width) == ("fixes/one.png", 112)


def test_not_one_opaque_pixel_of_the_product_changes(linted, store):
    mended = linted().fix.mended
    assert mended.identical
    assert mended.resampling == "none"
    top, left = mended.placement.origin_yx
    solid = np.argwhere(CUTOUT.alpha == 65535)
    made = pixels(store)[solid[:, 0] + top, solid[:, 1] + left]
    assert np.array_equal(made, IMAGE[solid[:, 0], solid[:, 1]])


def test_product_is_resampled_once_where_it_has_to_be_smaller(linted, store):
    rules = rule_set(WHITE, {"kind": "size", "longer_most": 80})
    mended = linted(rules=rules).fix.mended
    assert (mended.resampling, mended.identical) == ("area", True)
    assert max(pixels(store).shape[:2]) <= 80
    assert Step.SIZE in mended.steps


def test_white_photo_stays_whole_with_what_stands_beside_its_product(linted, store):
    image = on_white()
    image[150:153, 60:130] = 240  # a faint shadow
    fix = linted(image=image, rules=rule_set(WHITE | {"least_share": 0.9}, FILL)).fix
    assert fix.mended.reports is None
    assert fix.mended.identical
    assert fix.mended.steps == (Step.FRAME, Step.FILE)
    assert (pixels(store) == 240).all(axis=-1).any()


def test_jpeg_is_judged_as_it_comes_out_of_its_file(linted):
    fix = linted(order=replace(ORDER, format=None)).fix
    assert fix.mended.blob.media_type == "image/jpeg"
    assert fix.verdict.findings[0].value == 1.0


def test_quality_is_lowered_until_the_file_is_small_enough(linted):
    order = replace(ORDER, format=ImageFormat.JPEG)
    large = linted(order=order).fix.mended.blob.size_bytes
    most = {"kind": "file_size", "most_bytes": large - 500}
    fix = linted(order=order, rules=rule_set(WHITE, FILL, most)).fix
    assert fix.verdict.passed
    assert fix.mended.blob.size_bytes <= large - 500


def test_product_too_small_is_told_and_not_enlarged(linted):
    fix = linted(rules=rule_set(WHITE, {"kind": "size", "longer_least": 500})).fix
    ground, size = fix.verdict.findings
    assert ground.passed
    assert "100 x 100 px" in size.unfixed
    assert fix.mended.placement.scale == 1


def test_where_no_step_helps_nothing_is_made(linted, store):
    fix = linted(image=on_white(), rules=rule_set({"kind": "aspect", "width_to_height": 1.0}, WHITE, {
        "kind": "size", "longer_least": 500, "level": "RECOMMENDED",
    })).fix  # fmt: skip
    assert (fix.mended, store.files) == (None, {})
    assert "a fix never does" in fix.verdict.findings[2].unfixed


def test_product_that_would_not_be_kept_is_not_handed_out(linted, store):
    fix = linted(order=replace(ORDER, thresholds=Thresholds({"halo": 0.5}))).fix
    assert (fix.mended.blob, store.files) == (None, {})
    assert not fix.mended.reports.passed
    assert "would not be kept: halo is" in fix.verdict.findings[0].unfixed


def test_text_beside_the_product_is_found_and_goes(linted, store):
    image = np.full((320, 480, 3), 255, np.uint8)
    cv2.putText(image, "BEST PRICE", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (200, 0, 0), 5)
    cv2.circle(image, (240, 210), 70, (30, 80, 60), -1)
    alpha = np.zeros((320, 480), np.uint16)
    cv2.circle(alpha, (240, 210), 70, 65535, -1)
    cutout = replace(CUTOUT, alpha=alpha, foreground=image, box=Box(140, 170, 141, 141))
    result = linted(image=image, cutout=cutout, rules=rule_set({"kind": "text"}))
    assert not result.verdict.passed
    assert result.verdict.findings[0].places
    assert result.fix.verdict.passed


def test_cutout_of_another_size_is_our_own_fault(linted):
    with pytest.raises(Internal):
        linted(image=IMAGE[:-2])


def test_nothing_is_stored_for_whoever_left(store, reader):
    deadline = Deadline()
    deadline.cancel()
    request = LintRequest(Photo(IMAGE, None, "JPEG"), 5000, RULES, ORDER)
    with pytest.raises(Cancelled):
        Linter(store, reader, PictureWriter()).lint(request, CUTOUT, deadline)
    assert store.files == {}


@pytest.mark.parametrize("each", RuleSetCatalog.shipped().rule_sets.values(), ids=lambda each: each.id)
def test_shipped_rule_sets_are_kept_by_a_fix_of_a_large_photo(linted, each):
    image, cutout = soft_disc(size=1400, radius=640)
    image[:] = cv2.GaussianBlur(image, (0, 0), 8)
    cutout = replace(cutout, foreground=image)
    result = linted(image=image, cutout=cutout, rules=each, order=replace(ORDER, format=None), image_format="HEIF")
    verdict = result.fix.verdict if result.fix else result.verdict
    assert verdict.passed
