import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.postprocess.preservation.text import TextLine, edit_distance, summarised

words = st.text(st.sampled_from("abc"), max_size=6)


@given(words, words)
def test_edit_distance_is_a_distance(first: str, second: str) -> None:
    distance = edit_distance(first, second)
    assert distance == edit_distance(second, first)
    assert abs(len(first) - len(second)) <= distance <= max(len(first), len(second))
    assert (distance == 0) == (first == second)


@pytest.mark.parametrize(("first", "second", "distance"), [("kitten", "sitting", 3), ("", "abc", 3), ("48", "84", 2)])
def test_edit_distance_of_known_words(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second) == distance


def test_low_lines_count_as_characters_but_not_as_lines() -> None:
    box = np.zeros((4, 2), np.float32)
    found = summarised((TextLine("tiny", "tlny", box, 8.0, 1), TextLine("large", "large", box, 20.0, 0)))
    assert (found.exact, found.error_rate) == (1, pytest.approx(1 / 9))
