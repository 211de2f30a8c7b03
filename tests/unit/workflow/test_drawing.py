import pytest

from services.api.studio import CreateShotRequest
from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.common.placement import Placement
from services.common.settings import GenerateSettings
from services.generate.scene import SceneCatalog
from services.generate.schema import Scheduler
from services.workflow.drawing import DrawingPolicy

SCENE = SceneCatalog.shipped().get("marble")
PLACEMENT = Placement((80, 64), Box(0, 0, 40, 40), 10, 10, 1.0, Box(10, 10, 40, 40))
PLATES = DrawingPolicy(GenerateSettings())


def policy(**diffusion):
    return DrawingPolicy(GenerateSettings(engine="diffusion", diffusion={"checkpoint": "any", **diffusion}))


def drawing(chosen, **asked):
    return chosen.of(CreateShotRequest(scene_id="marble", **asked), SCENE, PLACEMENT, 3)


@pytest.mark.parametrize(
    "asked",
    [
        {"prompt": "in the desert"},
        {"negative_prompt": "flowers"},
        {"steps": 20},
        {"guidance": 3.0},
        {"scheduler": "LCM"},
        {"words": {"product": "a cup"}},
        {"styles": [{"style_id": "linen"}]},
        {"plate_strength": 0.5},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_service_of_plates_refuses_what_only_a_model_can_do(asked):
    with pytest.raises(InvalidInput, match="diffusion model") as caught:
        PLATES.check(CreateShotRequest(scene_id="marble", **asked), SCENE)
    assert caught.value.details["field"] == next(iter(asked))


@pytest.mark.parametrize("asked", [{}, {"deterministic": True}, {"plate_strength": 1.0}, {"words": {}}, {"prompt": ""}])
def test_service_of_plates_takes_what_plates_are(asked):
    PLATES.check(CreateShotRequest(scene_id="marble", **asked), SCENE)
    assert drawing(PLATES, **asked) is None


def upscaling(**options):
    return DrawingPolicy(GenerateSettings(upscale=options))


def test_service_without_a_network_refuses_to_upscale():
    with pytest.raises(InvalidInput, match="a network that enlarges") as caught:
        PLATES.check(CreateShotRequest(scene_id="marble", upscale=True), SCENE)
    assert caught.value.details["field"] == "upscale"


@pytest.mark.parametrize("asked", [None, False])
def test_service_without_a_network_takes_whoever_does_not_want_one(asked):
    request = CreateShotRequest(scene_id="marble", upscale=asked)
    PLATES.check(request, SCENE)
    assert not PLATES.upscales(request)


@pytest.mark.parametrize(
    ("unasked", "asked", "done"),
    [(True, None, True), (True, False, False), (False, None, False), (False, True, True)],
)
def test_request_says_whether_it_is_upscaled_and_else_the_service(unasked, asked, done):
    policy = upscaling(network="realesr-animevideov3", unasked=unasked)
    request = CreateShotRequest(scene_id="marble", upscale=asked)
    policy.check(request, SCENE)
    assert policy.upscales(request) is done


def test_what_a_request_leaves_open_is_the_services_default():
    drawn = drawing(policy(steps=12, guidance=4.0, plate_strength=0.6, scheduler="EULER"))
    assert (drawn.steps, drawn.guidance, drawn.plate_strength, drawn.scheduler) == (12, 4.0, 0.6, Scheduler.EULER)
    assert (drawn.placement, drawn.preview_every, drawn.deterministic) == (PLACEMENT, 3, False)


def test_what_a_request_names_goes_before():
    asked = {"steps": 7, "guidance": 1.0, "plate_strength": 0.0, "scheduler": "LCM", "deterministic": True}
    drawn = drawing(policy(plate_strength=0.6), **asked)
    assert (drawn.steps, drawn.guidance, drawn.plate_strength, drawn.scheduler) == (7, 1.0, 0.0, Scheduler.LCM)
    assert drawn.deterministic


def test_plate_that_is_to_stay_is_not_drawn_over():
    assert drawing(policy(), plate_strength=1.0) is None


def test_words_of_scene_and_caller_meet():
    drawn = drawing(policy(), prompt="eucalyptus leaves", negative_prompt="flowers", words={"product": "a blue mug"})
    assert "a blue mug" in drawn.prompt
    assert drawn.prompt.endswith("eucalyptus leaves")
    assert drawn.negative_prompt.endswith("flowers")


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_slot_that_there_is_none_of_is_refused_before_any_work(field):
    with pytest.raises(InvalidInput, match="no slot") as caught:
        policy().check(CreateShotRequest(scene_id="marble", **{field: "{moon}"}), SCENE)
    assert caught.value.details["field"] == field
