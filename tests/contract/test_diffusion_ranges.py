"""What a request may ask of a diffusion, the diffusion takes: contract and engine are written apart and must agree."""

import numpy as np
import pytest

from services.api.studio import MAX_PROMPT_CHARS, CreateShotRequest
from services.common.errors import InvalidInput
from services.generate.diffusion.request import MAX_PROMPT_CHARS as ENGINE_CHARS
from services.generate.diffusion.request import Inpainting, SampleRequest
from services.generate.prompt import SLOTS

PICTURES = Inpainting.plain(np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), bool))
SCHEMA = CreateShotRequest.model_json_schema()


def bounds(name):
    """Lowest and highest that the contract takes; 0 steps stand for the default, so they start at 1."""
    schema = SCHEMA["properties"][name]
    schema = schema["anyOf"][0] if "anyOf" in schema else schema
    return max(schema["minimum"], int(name == "steps")), schema["maximum"]


@pytest.mark.parametrize("name", ["seed", "steps", "guidance"])
def test_number_has_the_range_of_the_engine(name):
    low, high = bounds(name)
    for taken in (low, high):
        SampleRequest(PICTURES, "a cup", **{name: taken})
    for refused in (low - 1, high + 1):
        with pytest.raises(InvalidInput) as caught:
            SampleRequest(PICTURES, "a cup", **{name: refused})
        assert (caught.value.details["min"], caught.value.details["max"]) == (low, high)


def test_plate_strength_of_the_contract_is_that_of_the_engine():
    assert bounds("plate_strength") == (0, 1)
    SampleRequest(PICTURES, "a cup", plate_strength=0.0)
    with pytest.raises(InvalidInput, match="plate_strength"):
        SampleRequest(PICTURES, "a cup", plate_strength=1.1)


def test_words_are_the_slots_of_a_scenes_prompt():
    assert tuple(SCHEMA["$defs"]["SceneWords"]["properties"]) == SLOTS


def test_longest_prompt_with_a_scenes_words_is_read_by_the_engine():
    """A scene's own words and the slots' take less than the rest."""
    assert MAX_PROMPT_CHARS + 5 * 200 <= ENGINE_CHARS
