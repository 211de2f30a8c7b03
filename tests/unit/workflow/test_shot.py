"""The walk, over stages that answer at once."""

import asyncio
import hashlib
import json
import time

import cv2
import numpy as np
import pytest

from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.codecs.encode import encode_image
from services.common.deadline import Deadline
from services.common.errors import (
    DeadlineExceeded,
    InvalidInput,
    NotFound,
    ProductNotFound,
    StorageUnavailable,
    TooLarge,
    UnsupportedMedia,
    VitrineError,
)
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.provenance.source import DigitalSource
from tests.support.gateway_parts import Parts

STAGES = ["DECODE", "SEGMENT", "LAYOUT", "GENERATE", "POSTPROCESS"]


@pytest.fixture
def parts(tmp_path):
    return lambda **options: Parts(tmp_path, **options)


@pytest.fixture
def shot_of(photo):
    given = {"image": {"content": photo}, "scene_id": "marble", "seed": 7}
    return lambda **fields: CreateShotRequest.model_validate({**given, **fields})


@pytest.fixture
def cutout_of(photo):
    return lambda **fields: CreateCutoutRequest(image={"content": photo}, **fields)


async def test_shot_tells_where_it_lies_and_what_it_is_made_of(parts, shot_of):
    answer = await parts().workflow.shot(shot_of(), "id-1")
    assert answer.request_id == "id-1"
    assert answer.image.key.startswith("shots/local/id-1-")
    assert answer.image.media_type == "image/jpeg"
    assert (answer.scene_id, answer.seed, answer.confidence) == ("marble", 7, 0.9)
    assert answer.preservation.identical
    assert [timing.stage for timing in answer.timings] == STAGES
    assert [timing.duration for timing in answer.timings if timing.stage in ("SEGMENT", "GENERATE")] == [0.5, 0.125]


async def test_garment_off_its_mannequin_hangs_and_the_answer_says_how_sure_that_is(parts, shot_of, cutout_of):
    made, ghost = parts(), {"ghost_mannequin": True}
    answer = await made.workflow.shot(shot_of(scene_id="wall-plaster", selection=ghost))
    assert made.fakes.requests["segment"].selection.ghost_mannequin
    assert (answer.pose, answer.mannequin_confidence) == ("HANGING", 0.75)
    assert (await made.workflow.cutout(cutout_of(selection=ghost))).mannequin_confidence == 0.75
    assert (await made.workflow.cutout(cutout_of())).mannequin_confidence is None


async def test_garment_off_its_mannequin_does_not_stand_on_a_podium_unless_that_is_named(parts, shot_of):
    selection = {"ghost_mannequin": True}
    with pytest.raises(InvalidInput, match="hanging") as caught:
        await parts().workflow.shot(shot_of(scene_id="podium", selection=selection))
    assert "wall-plaster" in caught.value.details["known"]
    named = shot_of(scene_id="podium", selection=selection, pose="STANDING", camera_pitch_deg=20)
    assert (await parts().workflow.shot(named)).pose == "STANDING"


async def test_mannequin_without_a_garment_is_no_product(parts, cutout_of):
    with pytest.raises(ProductNotFound, match="no garment is left") as caught:
        await parts(confidence=0).workflow.cutout(cutout_of(selection={"ghost_mannequin": True}))
    assert caught.value.details["field"] == "selection.ghost_mannequin"


async def test_hanger_that_is_left_out_still_tells_that_the_product_hangs(parts, shot_of):
    seen = np.zeros((400, 300), np.uint8)
    cv2.fillPoly(
        seen, [np.array([(110, 90), (190, 90), (270, 150), (205, 180), (205, 330), (95, 330), (30, 150)])], 255
    )
    cv2.line(seen, (150, 60), (150, 92), 255, 6)
    answer = await parts(whole=seen.astype(np.uint16) * 257).workflow.shot(shot_of(scene_id="wall-plaster"))
    assert (answer.pose, answer.camera_pitch_deg) == ("HANGING", 0.0)


async def test_stages_get_the_request_id_and_one_deadline(parts, shot_of):
    made = parts()
    await made.workflow.shot(shot_of(timeout=20), "id-1")
    requests = made.fakes.requests.values()
    assert {request.request_id for request in requests} == {"id-1"}
    [deadline_s] = {request.deadline_s for request in requests}
    assert deadline_s == pytest.approx(time.time() + 20, abs=10)


async def test_pose_and_pitch_are_the_photos_own_and_told(parts, shot_of):
    made = parts()
    answer = await made.workflow.shot(shot_of())
    request = made.fakes.requests["postprocess"]
    assert (request.pose, request.camera.pitch_deg) == (answer.pose, answer.camera_pitch_deg)
    assert 0 < answer.view_confidence < 1


async def test_named_pose_and_pitch_are_taken_as_they_are(parts, shot_of):
    answer = await parts().workflow.shot(shot_of(pose="STANDING", camera_pitch_deg=25))
    assert (answer.pose, answer.camera_pitch_deg, answer.view_confidence) == ("STANDING", 25, 1)


async def test_named_roll_and_lens_are_drawn_for_and_told(parts, shot_of):
    made = parts()
    answer = await made.workflow.shot(shot_of(camera_roll_deg=-4, focal_length_mm=70))
    camera = made.fakes.requests["generate"].camera
    assert (camera.roll_deg, answer.camera_roll_deg) == (-4, -4)
    assert answer.focal_length_mm == pytest.approx(70)


async def test_defaults_are_ours(parts, shot_of):
    made = parts()
    await made.workflow.shot(shot_of())
    request = made.fakes.requests["postprocess"]
    assert (request.shadow, request.preservation) == ("SOFT", "EXACT")
    assert request.output.format is ImageFormat.JPEG


async def test_seed_is_drawn_when_absent(parts, shot_of):
    answers = [await parts().workflow.shot(shot_of(seed=None)) for _ in range(2)]
    assert answers[0].seed != answers[1].seed


async def test_stages_are_told_where_the_picture_comes_from(parts, shot_of, photo):
    made = parts()
    await made.workflow.shot(shot_of(reference={"content": photo}))
    origin = made.fakes.requests["postprocess"].output.origin
    assert origin.source is DigitalSource.COMPOSITE
    assert {origin.opened.sha256, origin.placed.sha256} == {hashlib.sha256(photo).hexdigest()}


async def test_shot_of_a_generated_photo_stays_one(parts, shot_of, photo):
    made = parts()
    declaring = photo + DigitalSource.TRAINED_ALGORITHMIC_MEDIA.uri.encode()
    await made.workflow.shot(shot_of(image={"content": declaring}))
    assert made.fakes.requests["postprocess"].output.origin.source is DigitalSource.COMPOSITE_SYNTHETIC


async def test_cutout_is_told_to_be_one(parts, cutout_of):
    made = parts()
    await made.workflow.cutout(cutout_of())
    assert made.fakes.requests["postprocess"].output.origin.source is DigitalSource.ALGORITHMICALLY_ENHANCED


async def test_another_colour_is_told_of_shots_and_cutouts(parts, shot_of, cutout_of):
    made, colour = parts(), {"to": "red"}
    await made.workflow.shot(shot_of(recolour=colour))
    assert "another colour" in made.fakes.requests["postprocess"].output.origin.edit
    await made.workflow.cutout(cutout_of(recolour=colour))
    assert "another colour" in made.fakes.requests["postprocess"].output.origin.edit


async def test_keys_of_the_same_request_differ(parts, shot_of):
    workflow = parts().workflow
    first, second = await workflow.shot(shot_of(), "id"), await workflow.shot(shot_of(), "id")
    assert first.image.key != second.image.key


async def test_events_come_in_order_with_time_going_on(parts, shot_of):
    events = []
    await parts().workflow.shot(shot_of(), listener=events.append)
    assert [(event.stage, event.state) for event in events] == [
        (stage, state) for stage in STAGES for state in ("STARTED", "FINISHED")
    ]
    assert sorted(event.elapsed for event in events) == [event.elapsed for event in events]


@pytest.mark.parametrize("confidence", [0.0, 0.2])
async def test_doubtful_product_is_refused_before_anything_is_made(parts, shot_of, confidence):
    made = parts(confidence=confidence)
    with pytest.raises(ProductNotFound) as caught:
        await made.workflow.shot(shot_of())
    assert caught.value.details == {"confidence": confidence, "limit": 0.25}
    assert "generate" not in made.fakes.requests


async def test_unknown_scene_is_refused_before_the_photo_is_read(parts, shot_of):
    made = parts()
    with pytest.raises(NotFound, match="marble"):
        await made.workflow.shot(shot_of(scene_id="moon", image={"content": b"no photo"}))
    assert made.fakes.requests == {}


async def test_canvas_beyond_the_limit_is_refused_before_the_photo_is_read(parts, shot_of):
    made = parts()
    with pytest.raises(TooLarge) as caught:
        await made.workflow.shot(shot_of(canvas={"width": 64, "height": 100_000}, image={"content": b"no photo"}))
    assert caught.value.details["field"] == "canvas.height"
    assert made.fakes.requests == {}


async def test_proof_says_where_the_photo_lies_unless_it_was_resampled(parts, shot_of):
    made = parts()
    canvas = {"width": 200, "height": 150, "scale": 1, "position_x": 0, "position_y": 0.5}
    proof = (await made.workflow.shot(shot_of(canvas=canvas))).preservation
    placement = made.fakes.requests["postprocess"].placement
    assert (proof.origin_top, proof.origin_left) == placement.origin_yx
    assert proof.origin_left < 0
    resized = (await made.workflow.shot(shot_of(canvas={**canvas, "scale": 0.5}))).preservation
    assert (resized.origin_top, resized.origin_left) == (0, 0)


async def test_bytes_that_are_no_photo_are_refused(parts, shot_of):
    with pytest.raises(UnsupportedMedia):
        await parts().workflow.shot(shot_of(image={"content": b"no photo"}))


@pytest.mark.parametrize("stage", ["segment", "generate", "postprocess"])
async def test_error_of_a_stage_arrives_as_it_is(parts, shot_of, stage):
    fault = StorageUnavailable("the store is away")
    with pytest.raises(StorageUnavailable) as caught:
        await parts(faults={stage: fault}).workflow.shot(shot_of())
    assert caught.value is fault


@pytest.mark.parametrize("stage", ["segment", "generate", "postprocess"])
async def test_time_that_runs_out_stops_the_stage_at_work(parts, shot_of, stage):
    made = parts(slow={stage: asyncio.Event()})
    with pytest.raises(DeadlineExceeded, match="timeout"):
        await made.workflow.shot(shot_of(), deadline=Deadline.after(1.0))
    await asyncio.sleep(0)
    assert made.fakes.cancelled == [stage]


@pytest.mark.parametrize("stage", ["segment", "generate", "postprocess"])
async def test_cancel_stops_the_stage_at_work_and_calls_no_other(parts, shot_of, stage):
    made = parts(slow={stage: asyncio.Event()})
    work = asyncio.create_task(made.workflow.shot(shot_of()))
    await made.fakes.reached(stage)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await asyncio.sleep(0)
    assert made.fakes.cancelled == [stage]
    assert [each for each in made.fakes.requests if each != "discard"][-1] == stage


def test_deadline_is_the_wish_and_more_than_the_limit_is_refused(parts):
    workflow = parts(limits={"default_timeout_s": 10, "max_timeout_s": 30}).workflow
    assert 9 < workflow.deadline(None).remaining_s() <= 10
    assert 4 < workflow.deadline(5).remaining_s() <= 5
    with pytest.raises(InvalidInput, match="at most 30 s") as caught:
        workflow.deadline(31)
    assert caught.value.details["field"] == "timeout"


async def test_cutout_is_a_png_of_the_whole_frame(parts, cutout_of):
    made = parts()
    answer = await made.workflow.cutout(cutout_of(), "id-1")
    assert answer.image.key.startswith("cutouts/local/id-1-")
    assert answer.image.media_type == "image/png"
    assert (answer.image.width, answer.image.height) == (600, 400)
    assert made.fakes.requests["postprocess"].crop is None
    assert answer.model == "fake 1"


async def test_cropped_cutout_keeps_the_box_and_its_padding_within_the_photo(parts, cutout_of):
    made = parts()
    await made.workflow.cutout(cutout_of(crop=True, padding=0.1, background_color="#ff8000"))
    request = made.fakes.requests["postprocess"]
    assert request.crop == Box(70, 120, 260, 360)
    assert request.background == (255, 128, 0)
    await made.workflow.cutout(cutout_of(crop=True, padding=1))
    assert made.fakes.requests["postprocess"].crop == Box(0, 0, 400, 600)


async def test_cutout_as_jpeg_is_refused(parts, cutout_of):
    with pytest.raises(InvalidInput) as caught:
        await parts().workflow.cutout(cutout_of(output={"format": "JPEG"}))
    assert caught.value.details == {"field": "output.format"}


async def test_answer_without_address_is_json(parts, shot_of):
    answer = await parts().workflow.shot(shot_of())
    assert json.loads(answer.model_dump_json())["image"]["url"] == ""


async def test_photo_that_arrives_cut_out_hands_its_alpha_on(parts, cutout_of):
    made = parts()
    rgba = np.full((40, 60, 4), 200, np.uint8)
    rgba[:20, :, 3] = 0
    content = encode_image(rgba, ImageFormat.PNG, 90)
    await made.workflow.cutout(CreateCutoutRequest(image={"content": content}))
    assert np.array_equal(made.fakes.requests["segment"].alpha, rgba[..., 3])


async def test_opaque_photo_hands_no_alpha_on(parts, cutout_of):
    made = parts()
    await made.workflow.cutout(cutout_of())
    assert made.fakes.requests["segment"].alpha is None


def test_request_without_its_photo_passes_the_check(parts):
    parts().workflow.check(CreateShotRequest(scene_id="marble"))
    parts().workflow.check(CreateCutoutRequest())


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("scene_id", CreateShotRequest(scene_id="nowhere")),
        ("canvas.width", CreateShotRequest(scene_id="marble", canvas={"width": 9000, "height": 900})),
        ("pose", CreateShotRequest(scene_id="flat-linen", pose="HANGING")),
        ("timeout", CreateShotRequest(scene_id="marble", timeout=1e6)),
        ("prompt", CreateShotRequest(scene_id="marble", prompt="a beach")),
        ("reference.blob_key", CreateShotRequest(scene_id="marble", reference={"blob_key": "shots/other/a.jpg"})),
        ("output.format", CreateCutoutRequest(output={"format": "JPEG"})),
    ],
)
def test_check_needs_no_photo(parts, field, request_):
    with pytest.raises(VitrineError) as caught:
        parts().workflow.check(request_, "acme")
    assert caught.value.details["field"] == field
