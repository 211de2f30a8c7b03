import numpy as np
import pytest

from services.evaluation.truth.lettering import Line, with_one_letter_changed, written


@pytest.mark.parametrize("x_height", [6.0, 12.0, 24.0])
def test_x_is_as_high_as_asked_for(x_height: float) -> None:
    ink = written((60, 60), (Line("x", x_height, 10, 45),))
    rows = np.flatnonzero(ink.max(axis=1) > 0.25)
    assert rows[-1] + 1 - rows[0] == pytest.approx(x_height, abs=1)


def test_changed_line_differs_in_one_letter() -> None:
    line = Line("made to be worn", 12, 5, 20)
    changed = with_one_letter_changed(line)
    assert len(changed.text) == len(line.text)
    assert sum(a != b for a, b in zip(line.text, changed.text, strict=True)) == 1


def test_ink_is_between_none_and_full() -> None:
    ink = written((40, 200), (Line("Harbour", 16, 4, 30),))
    assert ink.min() == 0
    assert 0.95 < ink.max() <= 1
    assert np.isfinite(ink).all()
