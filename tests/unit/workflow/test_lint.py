"""The walk of a photo that is held against a marketplace's rules."""

import hashlib

import numpy as np
import pytest

from services.api.lint import LintPhotoRequest
from services.codecs.encode import encode_image
from services.common.errors import InvalidInput, NotFound, ProductNotFound, VitrineError
from services.common.image import ImageFormat
from services.lint.step import Step
from services.provenance.source import DigitalSource
from tests.support.gateway_parts import Parts


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, **options)


@pytest.fixture
def asked(photo):
    return lambda **fields: LintPhotoRequest(image={"content": photo}, **{"rule_set": "amazon-main", **fields})


async def test_answer_holds_a_finding_for_each_rule(parts, asked):
    answer = await parts().workflow.lint(asked(), "id-1")
    assert answer.verdict.passed
    assert [each.rule for each in answer.verdict.findings][:2] == ["format", "file-size"]
    assert answer.verdict.findings[0].wanted == "a file of JPEG or PNG or TIFF or GIF"
    assert (answer.rule_set, answer.fix, answer.picture) == ("amazon-main", None, None)
    assert answer.confidence == pytest.approx(0.9)


async def test_stage_gets_the_file_as_it_came(parts, asked, photo):
    made = parts()
    await made.workflow.lint(asked())
    request = made.fakes.requests["postprocess"]
    assert (request.photo.format, request.size_bytes) == ("JPEG", len(photo))
    assert (request.rule_set.id, request.fix) == ("amazon-main", None)


async def test_fix_lies_in_its_tenants_folder_and_is_proven(parts, asked):
    answer = await parts(failing={"lint": 1}).workflow.lint(asked(fix=True), "id-1", tenant="acme")
    assert answer.picture.key.startswith("fixes/acme/id-1-")
    assert answer.fix.steps == [Step.GROUND]
    assert answer.fix.verdict.passed
    assert answer.fix.preservation.identical


async def test_wishes_for_the_file_reach_the_stage(parts, asked):
    made = parts(preservation={"thresholds": {"halo": 7}})
    await made.workflow.lint(asked(fix=True, output={"format": "PNG", "quality": 80}))
    order = made.fakes.requests["postprocess"].fix
    assert (order.format, order.quality, order.max_side_px) == (ImageFormat.PNG, 80, 4096)
    assert order.thresholds.values["halo"] == 7


async def test_file_of_a_fix_tells_of_the_photo_it_was_made_from(parts, asked, photo):
    made = parts()
    await made.workflow.lint(asked(fix=True))
    origin = made.fakes.requests["postprocess"].fix.origin
    assert origin.source is DigitalSource.ALGORITHMICALLY_ENHANCED
    assert origin.opened.sha256 == hashlib.sha256(photo).hexdigest()


async def test_photo_without_a_product_is_refused(parts, asked):
    with pytest.raises(ProductNotFound):
        await parts(confidence=0.0).workflow.lint(asked())


async def test_photo_that_arrives_cut_out_is_known_as_such(parts):
    made = parts()
    rgba = np.full((40, 60, 4), 200, np.uint8)
    rgba[:20, :, 3] = 0
    content = encode_image(rgba, ImageFormat.PNG, 90)
    await made.workflow.lint(LintPhotoRequest(image={"content": content}, rule_set="ebay"))
    photo = made.fakes.requests["postprocess"].photo
    assert (photo.format, photo.alpha is None) == ("PNG", False)


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"rule_set": "nowhere"}, NotFound, "rule_set"),
        ({"rule_set": ""}, InvalidInput, "rule_set"),
        ({"output": {"format": "WEBP"}}, InvalidInput, "output.format"),
        ({"timeout": 1e6}, InvalidInput, "timeout"),
        ({"image": {"blob_key": "shots/other/a.jpg"}}, NotFound, "image.blob_key"),
    ],
)
def test_check_needs_no_photo(parts, fields, error, field):
    with pytest.raises(VitrineError) as caught:
        parts().workflow.check(LintPhotoRequest(**{"rule_set": "amazon-main", **fields}), "acme")
    assert isinstance(caught.value, error)
    assert caught.value.details["field"] == field


async def test_unknown_rule_set_is_refused_before_any_work(parts, asked):
    made = parts()
    with pytest.raises(NotFound):
        await made.workflow.lint(asked(rule_set="nowhere"))
    assert made.fakes.requests == {}
