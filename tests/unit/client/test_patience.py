import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.client.patience import LONGEST_PAUSE_S, RETRYABLE, Patience
from services.common.errors import LEAVES, NotReady, Overloaded


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_only_errors_that_may_pass_are_tried_again(leaf):
    assert (Patience(60, 5).pause_after(leaf("no")) is not None) == (leaf in RETRYABLE)


def test_pauses_grow_up_to_a_limit():
    patience = Patience(1e6, 20, jitter=lambda: 1.0)
    pauses = [patience.pause_after(NotReady("no")) for _ in range(19)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.2
    assert pauses[-1] == LONGEST_PAUSE_S


@given(asked_s=st.floats(0, 100), jitter=st.floats(0, 1, exclude_max=True))
def test_pause_is_never_shorter_than_asked_and_never_outlasts_the_call(asked_s, jitter):
    pause_s = Patience(30, 5, Clock(), lambda: jitter).pause_after(Overloaded("busy", retry_after_s=asked_s))
    assert pause_s is None or asked_s <= pause_s < 30


def test_last_attempt_has_no_pause_after_it():
    patience = Patience(60, 2)
    assert patience.pause_after(NotReady("no")) is not None
    assert patience.pause_after(NotReady("no")) is None


def test_remaining_time_runs_down_but_never_to_zero():
    clock = Clock()
    patience = Patience(10, 5, clock)
    clock.now_s += 4
    assert patience.remaining_s == 6
    clock.now_s += 100
    assert patience.remaining_s > 0
