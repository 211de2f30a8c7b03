"""Rows that texts are broken into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.postprocess.cover.wrapping import wrapped

WORDS = st.lists(st.text("abcde", min_size=1, max_size=9), min_size=1, max_size=12)


def letters(text: str) -> float:
    return float(len(text))


@given(WORDS, st.integers(9, 40))
def test_rows_hold_every_word_once_and_none_is_too_long(words, width):
    rows = wrapped(" ".join(words), width, letters)
    assert rows is not None
    assert " ".join(rows).split() == words
    assert max(map(len, rows)) <= width


def test_rows_are_of_even_length():
    assert wrapped("to the sea and back", 18, letters) == ["to the sea", "and back"]


def test_word_longer_than_a_row_does_not_fit():
    assert wrapped("a lighthouse", 8, letters) is None


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("ready-made", ["ready-", "made"]),
        ("pp. 10\u201312", ["pp.", "10\u201312"]),
        ("時尚雜誌", ["時尚", "雜誌"]),
        ("a\u00a0b c\u00a0d", ["a\u00a0b", "c\u00a0d"]),
    ],
)
def test_rows_end_where_text_may_be_broken(text, rows):
    assert wrapped(text, max(map(len, rows)), letters) == rows
