"""The recipe digest changes with everything that decides the picture, and with nothing else."""

import pytest

from services.api.studio import CreateShotRequest
from services.common.image import ImageFormat
from services.common.pose import Pose
from services.generate.scene import SceneCatalog
from services.postprocess.schema import Output
from services.workflow.fit import Fit
from services.workflow.recipe import Recipe

SCENES = SceneCatalog.shipped()


def digest(scene="marble", seed=1, model="isnet 1", engine="plates 1", output=("PNG", 92, "key"), **fields):
    request = CreateShotRequest(**{"image": {"content": b"photo"}, "scene_id": scene, **fields})
    fit = Fit(request.pose or Pose.STANDING, request.camera_pitch_deg or 10.0, 1.0)
    fit = fit.with_lens(request.camera_roll_deg, request.focal_length_mm)
    recipe = Recipe.resolve(request, SCENES.get(scene), fit, lambda: seed)
    return recipe.sha256(Output(ImageFormat(output[0]), *output[1:]), model, engine)


@pytest.mark.parametrize(
    "change",
    [
        {"image": {"content": b"other"}},
        {"scene": "white"},
        {"seed": 2},
        {"canvas": {"scale": 0.5}},
        {"pose": "LYING"},
        {"camera_pitch_deg": 33},
        {"camera_roll_deg": 3},
        {"focal_length_mm": 85},
        {"shadow": "NONE"},
        {"preservation": "HARMONIZED"},
        {"output": ("JPEG", 92, "key")},
        {"output": ("PNG", 50, "key")},
        {"selection": {"include_points": [{"x": 3, "y": 4}]}},
        {"selection": {"keep_mask": {"content": b"mask"}}},
        {"recolour": {"to": "seagreen"}},
        {"recolour": {"to": "seagreen", "mask": {"content": b"mask"}}},
        {"cover": {"masthead": "VITRINE"}},
        {"model": "isnet 2"},
        {"engine": "plates 2"},
    ],
    ids=str,
)
def test_recipe_differs_with(change):
    assert digest(**change) != digest()


@pytest.mark.parametrize("same", [{"timeout": 5}, {"output": ("PNG", 92, "other key")}, {"shadow": "SOFT"}], ids=str)
def test_recipe_stays_with(same):
    assert digest(**same) == digest()


def test_recipe_stays_however_a_colour_is_written():
    assert digest(recolour={"to": "SeaGreen"}) == digest(recolour={"to": "#2e8b57"})


def test_seed_of_the_request_goes_before_a_drawn_one():
    request = CreateShotRequest(scene_id="marble", seed=0)
    assert Recipe.resolve(request, SCENES.get("marble"), Fit(Pose.LYING, 80.0, 0.7), lambda: 5).seed == 0
