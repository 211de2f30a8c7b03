from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.postprocess.preservation import text
from services.postprocess.preservation.text import TextChange, TextLine, TextReader, edit_distance, summarised
from tests.support.drawn_products import Bag

words = st.text(st.sampled_from("abc"), max_size=6)


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(threads=1)


def read(reader: TextReader, *lines: str) -> TextChange:
    return reader.compare(Bag(256).colors(), Bag(256, lines=lines).colors())


def test_text_that_stayed_reads_the_same(reader: TextReader) -> None:
    found = read(reader, "VITRINE", "No. 48")
    assert [line.before.replace(" ", "") for line in found.lines] == ["VITRINE", "No.48"]
    assert (found.error_rate, found.exact, found.worst_yx) == (0, 1, None)


def test_one_changed_letter_is_found_in_its_line(reader: TextReader) -> None:
    found = read(reader, "VITRIHE", "No. 48")
    assert (found.exact, [line.errors for line in found.lines]) == (0.5, [1, 0])
    assert found.worst_yx is not None
    assert abs(found.worst_yx[0] - 131) < 10


def test_text_that_vanished_is_all_errors(reader: TextReader) -> None:
    assert read(reader).error_rate > 0.8


def test_text_that_was_added_is_all_errors(reader: TextReader) -> None:
    found = reader.compare(Bag(256, lines=()).colors(), Bag(256).colors())
    assert found.error_rate > 0.8
    assert found.exact == 0


def test_lines_that_are_too_many_count_where_they_changed(reader: TextReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_LINES", 1)
    assert read(reader, "VITRINE", "No. 48").unread == 0
    assert read(reader, "VITRIHE", "No. 49").unread == 1


def test_two_threads_load_the_networks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(TextReader, "_opened", lambda _, options: opened.append(options) or object())
    fresh = TextReader(threads=1)
    with ThreadPoolExecutor(4) as pool:
        engines = {id(each) for each in pool.map(lambda _: fresh._loaded(), range(8))}
    assert (len(engines), len(opened)) == (1, 1)


def test_product_without_text_has_no_errors(reader: TextReader) -> None:
    plain = Bag(256, lines=()).colors()
    assert reader.compare(plain, plain) == TextChange((), 0.0, None, None)


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
