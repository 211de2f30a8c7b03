import numpy as np
import pytest

from services.generate.plates.lens import FALLOFF, through_lens


def test_corners_are_darker_than_the_middle() -> None:
    seen = through_lens(np.ones((120, 90, 3), np.float32))
    assert seen[60, 45, 0] == pytest.approx(1, abs=0.01)
    assert seen[0, 0, 0] == pytest.approx(1 - FALLOFF, abs=0.02)


def test_a_bright_window_veils_what_is_beside_it() -> None:
    picture = np.full((120, 120, 3), 0.1, np.float32)
    picture[:, 60:] = 20
    assert through_lens(picture)[60, 55, 0] > 3 * through_lens(picture)[60, 5, 0]
