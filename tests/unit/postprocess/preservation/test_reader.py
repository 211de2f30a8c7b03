from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from services.postprocess.preservation import reader as reader_module
from services.postprocess.preservation.reader import TextReader
from services.postprocess.preservation.text import TextChange
from tests.support.drawn_products import Bag


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
    monkeypatch.setattr(reader_module, "MOST_LINES", 1)
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


def test_what_is_written_is_read_where_it_stands(reader: TextReader) -> None:
    [(text, box)] = reader.read(Bag(256, lines=("VITRINE",)).colors())
    assert text == "VITRINE"
    assert box.top < 131 < box.bottom


def test_outline_that_is_taken_for_a_letter_is_nothing_written(reader: TextReader) -> None:
    disc = cv2.circle(np.full((256, 256, 3), 255, np.uint8), (128, 128), 100, (40, 60, 90), -1)
    assert reader.find(disc)
    assert reader.read(disc) == ()
