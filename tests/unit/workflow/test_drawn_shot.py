"""Shots whose background a diffusion model draws, over stages that answer at once."""

import numpy as np
import pytest

from services.api.studio import CreateShotRequest, DenoisingStep
from services.codecs.encode import encode_image
from services.codecs.photo import decode_image
from services.common.errors import InvalidInput, UnsupportedMedia
from services.common.image import ImageFormat, ImageLimits
from services.provenance.source import DigitalSource
from services.workflow.events import nobody_listens
from tests.support.gateway_parts import Parts


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, draws=True, **options)


@pytest.fixture
def shot_of(photo):
    given = {"image": {"content": photo}, "scene_id": "marble", "seed": 7, "steps": 4}
    return lambda **fields: CreateShotRequest.model_validate({**given, **fields})


async def steps_of(made, request, preview_every=0):
    told = []
    await made.workflow.shot(request, listener=told.append, preview_every=preview_every)
    return [event for event in told if isinstance(event, DenoisingStep)]


async def test_generation_gets_what_is_to_be_drawn_and_where_the_product_stands(parts, shot_of):
    made = parts()
    answer = await made.workflow.shot(shot_of(prompt="in the desert", steps=9))
    drawing = made.fakes.requests["generate"].drawing
    assert drawing.prompt.endswith("in the desert")
    assert drawing.steps == 9
    box = drawing.placement.product_box
    assert (answer.product_box.left, answer.product_box.top) == (box.left, box.top)


async def test_picture_is_told_to_be_edited_by_a_generative_model(parts, shot_of):
    made = parts()
    await made.workflow.shot(shot_of())
    source = made.fakes.requests["postprocess"].output.origin.source
    assert source is DigitalSource.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA


async def test_plate_that_is_taken_as_it_is_is_no_generative_models(parts, shot_of):
    made = parts()
    await made.workflow.shot(shot_of(plate_strength=1, steps=0))
    assert made.fakes.requests["postprocess"].output.origin.source is DigitalSource.COMPOSITE


async def test_listener_hears_every_step_and_sees_previews_when_due(parts, shot_of):
    steps = await steps_of(parts(), shot_of(), preview_every=2)
    assert [(event.step, event.steps, event.attempt) for event in steps] == [(n, 4, 1) for n in (1, 2, 3, 4)]
    seen = [decode_image(event.preview, ImageLimits(1 << 20, 1 << 20)).image.shape for event in steps if event.preview]
    assert seen == [(24, 32, 3)] * 2
    assert [event.elapsed for event in steps] == sorted(event.elapsed for event in steps)


async def test_steps_of_another_seeds_background_are_told_as_of_the_second_attempt(parts, shot_of):
    steps = await steps_of(parts(failing={"structure": 1}), shot_of())
    assert [event.attempt for event in steps] == [1] * 4 + [2] * 4


async def test_plates_have_no_steps_and_get_no_product(tmp_path, shot_of):
    made = Parts(tmp_path)
    assert await steps_of(made, shot_of(steps=0)) == []
    assert made.fakes.requests["generate"].drawing is None


async def test_bad_drawing_is_refused_before_the_photo_is_read(parts, shot_of):
    with pytest.raises(InvalidInput, match="no slot"):
        await parts().workflow.shot(shot_of(image={"content": b"none"}, prompt="{moon}"))


async def test_reference_reaches_generation_with_whatever_engine(tmp_path, shot_of):
    made = Parts(tmp_path)
    picture = encode_image(np.full((30, 40, 3), (10, 60, 160), np.uint8), ImageFormat.PNG, 100)
    await made.workflow.shot(shot_of(reference={"content": picture}, steps=0))
    assert (made.fakes.requests["generate"].reference == (10, 60, 160)).all()


async def test_reference_that_is_no_picture_is_named(parts, shot_of):
    with pytest.raises(UnsupportedMedia, match="the reference") as caught:
        await parts().workflow.shot(shot_of(reference={"content": b"no picture"}))
    assert caught.value.details["field"] == "reference"


@pytest.mark.parametrize(
    "changed",
    [{"prompt": "x"}, {"steps": 5}, {"guidance": 2.0}, {"plate_strength": 0.9}, {"scheduler": "LCM"}],
    ids=lambda changed: next(iter(changed)),
)
async def test_recipe_tells_drawings_apart(parts, shot_of, changed):
    workflow = parts().workflow
    plain, again, other = [
        (await workflow.shot(shot_of(**fields), listener=nobody_listens)).recipe_sha256 for fields in ({}, {}, changed)
    ]
    assert plain == again
    assert plain != other
