import json

import pytest

from services.common.errors import InvalidInput
from services.evaluation.bars import Bar
from services.evaluation.battery import Outcome, judged
from services.evaluation.page import page
from services.evaluation.reading import Picture, Reading
from services.evaluation.table import figures, markdown, write_into

BARS = (Bar("width", "width error", "px", at_most=0.1, digits=3), Bar("share", "share"))


@pytest.fixture
def outcome():
    """Of three scenes, of which one is bad enough to tell, but not to turn the median."""
    picture = Picture("photo <b>", b"\xff\xd8 no real file")
    values = {"first": 0.05, "second": 0.9, "third & last": 0.02}
    readings = [Reading(name, {"width": value, "share": 1.0}, (picture,)) for name, value in values.items()]
    return Outcome(tuple(judged("straps", readings, BARS)), {"straps": 3.0})


def test_table_tells_bound_median_worst_and_count(outcome) -> None:
    text = markdown(outcome, "a machine")
    line = next(line for line in text.splitlines() if line.startswith("| width"))
    assert line == "| width error | at most 0.1 px, median | 0.050 | 0.035 to 0.475 | 0.900 | 3 | holds |"
    assert text.startswith("a machine\n")
    assert "told only" in text


def test_figures_hold_every_scene_worst_first(outcome) -> None:
    found = json.loads(json.dumps(figures(outcome)))
    assert [scene for scene, _ in found["measures"]["width"]["scenes"]] == ["second", "first", "third & last"]
    assert found["holds"] is True


def test_table_replaces_the_one_before_and_nothing_else(outcome, tmp_path) -> None:
    document = tmp_path / "quality.md"
    document.write_text(
        "before\n<!-- measured by vitrine eval -->\nprevious\n<!-- end of the measured -->\nafter\n", "utf-8"
    )
    write_into(document, markdown(outcome, "a machine"))
    write_into(document, markdown(outcome, "another"))
    text = document.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "previous" not in text
    assert "a machine" not in text


def test_document_without_marks_is_refused(outcome, tmp_path) -> None:
    document = tmp_path / "quality.md"
    document.write_text("nothing here", "utf-8")
    with pytest.raises(InvalidInput, match="measured by vitrine eval"):
        write_into(document, "text")


def test_page_is_one_file_with_its_pictures_and_words_made_safe(outcome) -> None:
    text = page(outcome, "a machine")
    assert "data:image/jpeg;base64," in text
    assert "http" not in text
    assert "photo &lt;b&gt;" in text
    assert "third &amp; last" in text
    assert text.index("second") < text.index("first</p>")
