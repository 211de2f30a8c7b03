import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.common.errors import InvalidInput
from services.jobs.page import page_token, place_of

PLACES = st.lists(st.integers() | st.floats(allow_nan=False) | st.text(max_size=32), min_size=1, max_size=2)


@given(PLACES, st.text())
def test_token_tells_its_place(place, question):
    assert place_of(page_token(question, place), question, *map(type, place)) == place


@given(PLACES, st.data())
def test_token_that_was_changed_is_refused(place, data):
    token = page_token("jobs", place)
    where = data.draw(st.integers(0, len(token) - 1))
    changed = token[:where] + data.draw(st.characters()) + token[where + 1 :]
    # The last character may hold bits that no byte takes.
    assume(changed.rstrip("=")[:-1] != token[:-1])
    with pytest.raises(InvalidInput):
        place_of(changed, "jobs", *map(type, place))


@given(st.text(min_size=1))
def test_text_of_anybodys_is_refused(text):
    with pytest.raises(InvalidInput):
        place_of(text, "jobs")


def test_token_of_another_question_is_refused():
    with pytest.raises(InvalidInput, match="page_token"):
        place_of(page_token("jobs", [1]), "items", int)


@pytest.mark.parametrize("place", ["text", [1, 2], ["1"], [[1]], {"1": 1}])
def test_place_that_was_made_up_is_refused(place):
    with pytest.raises(InvalidInput):
        place_of(page_token("items", place), "items", int)


def test_no_token_is_the_beginning():
    assert place_of("", "jobs") is None
