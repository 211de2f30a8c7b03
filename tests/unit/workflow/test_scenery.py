"""Scenes without a product."""

import pytest

from services.api.studio import Canvas
from services.common.deadline import Deadline
from services.common.errors import Internal, InvalidInput, NotFound, TooLarge
from services.generate.scene import SceneCatalog
from services.workflow.scenery import SceneryWorkflow
from tests.support.fake_stages import FakeStages

SCENES = SceneCatalog.shipped()


def draw(scene_id="marble", width=320, height=240, fakes=None):
    fakes = fakes or FakeStages()
    workflow = SceneryWorkflow(fakes.stages.generate, SCENES, 4096, draw_seed=lambda: 7)
    return workflow.draw(scene_id, Canvas(width=width, height=height), "r-1", Deadline.after(60))


async def test_scene_is_drawn_in_the_size_asked_for():
    made = await draw()
    assert (made.image.shape, made.scene_id, made.seed) == ((240, 320, 3), "marble", 7)


@pytest.mark.parametrize("scene", sorted(SCENES.scenes))
async def test_every_scene_is_seen_as_it_usually_is(scene):
    fakes = FakeStages()
    await draw(scene, fakes=fakes)
    request = fakes.requests["generate"]
    assert (request.request_id, request.camera.pitch_deg) == ("r-1", SCENES.get(scene).pitch.default)
    row, column = request.camera.foot_yx
    assert 0 <= row <= 240
    assert 0 <= column <= 320


async def test_smallest_canvas_has_a_camera_too():
    assert (await draw("flat-linen", 16, 16)).image.shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"scene_id": "moon"}, NotFound), ({"scene_id": ""}, InvalidInput), ({"width": 4097}, TooLarge)],
)
async def test_what_can_not_be_drawn_is_refused(fields, error):
    with pytest.raises(error):
        await draw(**fields)


async def test_fault_of_the_stage_is_told():
    with pytest.raises(Internal):
        await draw(fakes=FakeStages(faults={"generate": Internal("broken")}))
