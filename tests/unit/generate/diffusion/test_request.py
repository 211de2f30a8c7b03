import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.common.errors import InvalidInput
from services.generate.diffusion.request import Inpainting, SampleRequest

PICTURES = Inpainting.plain(np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), bool))


def request(**changes):
    return SampleRequest(**({"pictures": PICTURES, "prompt": "a cup"} | changes))


@pytest.mark.parametrize(
    ("field", "got", "low", "high"),
    [
        ("seed", -1, 0, 2**32 - 1), ("seed", 2**32, 0, 2**32 - 1), ("seed", 1.0, 0, 2**32 - 1),
        ("steps", 0, 1, 100), ("steps", 101, 1, 100), ("steps", True, 1, 100),
        ("guidance", 0.5, 1, 30), ("guidance", 31.0, 1, 30), ("guidance", math.nan, 1, 30),
        ("plate_strength", -0.1, 0, 1), ("plate_strength", 1.1, 0, 1), ("plate_strength", math.inf, 0, 1),
    ],
)  # fmt: skip
def test_value_out_of_its_range_is_refused(field, got, low, high):
    with pytest.raises(InvalidInput, match=field) as caught:
        request(**{field: got})
    assert caught.value.details == {"field": field, "got": str(got), "min": low, "max": high}


@given(steps=st.integers(1, 100), hundredths=st.integers(0, 100))
def test_plate_leaves_its_share_of_the_steps(steps, hundredths):
    """Less one at most, as diffusers rounds 28.999999999999996 steps down."""
    share = steps * (100 - hundredths) // 100
    assume(share > 1)
    assert share - 1 <= request(steps=steps, plate_strength=hundredths / 100).steps_run <= share


@pytest.mark.parametrize(("steps", "plate_strength"), [(30, 1), (4, 0.9), (1, 0.01)])
def test_plate_that_leaves_no_step_is_refused(steps, plate_strength):
    with pytest.raises(InvalidInput, match="leaves none") as caught:
        request(steps=steps, plate_strength=plate_strength)
    assert caught.value.details["field"] == "plate_strength"


@pytest.mark.parametrize("text", ["x" * 4001, "half a character: \ud800"], ids=["long", "broken"])
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_text_that_cannot_be_read_is_refused(field, text):
    with pytest.raises(InvalidInput) as caught:
        request(**{field: text})
    assert caught.value.details["field"] == field


def test_pictures_of_two_sizes_are_a_fault():
    with pytest.raises(ValueError, match="mask has the shape"):
        Inpainting.plain(np.zeros((64, 64, 3), np.uint8), np.ones((64, 32), bool))
