"""What a program writes stands in its own place of a document."""

import pytest

from loadtests.markdown import put_section, table


def test_section_replaces_the_last_one_and_nothing_else(tmp_path):
    document = tmp_path / "page.md"
    kept = "<!-- other writes from here -->\ntheirs\n<!-- to here -->\n"
    document.write_text(f"before\n{kept}<!-- ours writes from here -->\nold\n<!-- to here -->\nafter\n")
    put_section("new\n\n", "ours", document)
    assert document.read_text() == (f"before\n{kept}<!-- ours writes from here -->\nnew\n<!-- to here -->\nafter\n")


def test_document_without_its_place_is_left_alone(tmp_path):
    document = tmp_path / "page.md"
    document.write_text("nothing here")
    with pytest.raises(ValueError, match="lacks the lines"):
        put_section("new", "ours", document)
    assert document.read_text() == "nothing here"


def test_table_has_a_rule_below_its_heading():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
