"""The sheet of what a style does, whatever its captions say."""

import numpy as np
import pytest
from PIL import Image

from services.factory.samples import WEIGHTS, save_samples


@pytest.mark.parametrize(
    "caption",
    ["a mug for $5, was $6", r"$\nope$ a mug", r"{$\frac{$}", "", "w" * 500, "a mug " * 200],
    ids=["prices", "no formula", "half a formula", "nothing", "one long word", "many words"],
)
def test_any_caption_can_stand_above_its_pictures(caption, tmp_path):
    rows = [[np.full((64, 64, 3), 90, np.uint8)] * 2 for _ in WEIGHTS]
    save_samples(rows, (caption, "a cup"), tmp_path / "samples.png")
    with Image.open(tmp_path / "samples.png") as sheet:
        assert sheet.width < sheet.height
