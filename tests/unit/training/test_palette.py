"""Mean colours have names."""

import numpy as np
import pytest

from training.palette import name_palette
from training.vocabulary import PALETTES


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((255, 255, 255), "white"), ((8, 8, 10), "black"), ((128, 128, 128), "grey"), ((205, 205, 205), "pale grey"),
        ((120, 80, 45), "brown"), ((205, 180, 150), "cream"), ((60, 140, 60), "green"), ((185, 200, 180), "sage"),
        ((50, 80, 170), "blue"), ((160, 80, 60), "terracotta"),
    ],
)  # fmt: skip
def test_a_colour_has_its_name(colour, name):
    assert name_palette(np.full((8, 8, 3), colour, np.uint8)) == name


def test_every_colour_has_a_name_of_the_vocabulary():
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 51)] * 3), -1).reshape(-1, 3).astype(np.uint8)
    assert {name_palette(np.full((4, 4, 3), colour, np.uint8)) for colour in grid} <= set(PALETTES)
