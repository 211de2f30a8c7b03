"""Shares: turns go by weight in the long run, and a newcomer waits for nobody's past."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobs.share import Turn, deal, learned_s, start_s


def endless(_):
    return 10**9


@given(weights=st.lists(st.integers(1, 9), min_size=2, max_size=5), rounds=st.integers(1, 300))
def test_turns_go_by_weight_to_within_one_item(weights, rounds):
    turns = [Turn(str(place), 0.0, 0, 1 / weight) for place, weight in enumerate(weights)]
    dealt = deal(turns, rounds, endless)
    # Start-time fair queueing: what two busy ones have had by their weights differs by one item of each at most.
    had = [dealt.get(str(place), 0) / weight for place, weight in enumerate(weights)]
    assert max(had) - min(had) <= 2 / min(weights)
    assert sum(dealt.values()) == rounds


def test_weights_of_one_and_three_give_one_and_three():
    assert deal([Turn("a", 5.0, 0, 1.0), Turn("b", 5.0, 0, 1 / 3)], 400, endless) == {"a": 100, "b": 300}


def test_who_has_had_less_goes_first():
    assert deal([Turn("a", 3.0, 0, 1.0), Turn("b", 1.0, 0, 1.0)], 2, endless) == {"b": 2}


def test_of_two_that_had_the_same_who_has_fewer_at_work_goes_first():
    assert deal([Turn("a", 1.0, 5, 1.0), Turn("b", 1.0, 0, 1.0)], 1, endless) == {"b": 1}


def test_turns_of_who_wants_no_more_go_to_others():
    assert deal([Turn("a", 0.0, 0, 1.0), Turn("b", 9.0, 0, 1.0)], 5, {"a": 2, "b": 9}.get) == {"a": 2, "b": 3}


def test_only_who_gets_a_turn_is_asked():
    asked = []

    def wanted(name):
        asked.append(name)
        return 9

    deal([Turn("a", 0.0, 0, 0.1), Turn("b", 5.0, 0, 1.0)], 3, wanted)
    assert asked == ["a"]


@pytest.mark.parametrize(
    ("own", "lowest", "highest", "start"), [(3, 7, 20, 7), (9, 7, 20, 9), (3, None, 20, 20), (30, None, 20, 30)]
)
def test_newcomer_has_saved_nothing_up_and_owes_what_it_owed(own, lowest, highest, start):
    assert start_s(own, lowest, highest) == start


def test_time_of_an_item_is_learned_from_the_first_on():
    assert learned_s(0.0, 4.0) == 4.0
    assert learned_s(4.0, 9.0) == pytest.approx(5.0)
