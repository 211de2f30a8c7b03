import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.schedule import JITTER, LONGEST_S, PAUSES_S, pause_s


@given(st.integers(1, len(PAUSES_S)), st.randoms(use_true_random=False))
def test_pause_is_near_the_specifications(attempts, chance):
    assert abs(pause_s(attempts, 0, chance) / PAUSES_S[attempts - 1] - 1) <= JITTER + 1e-9


def test_attempts_end_after_three_days():
    chance = random.Random(1)  # noqa: S311 - no secret
    assert pause_s(len(PAUSES_S) + 1, 0, chance) is None
    assert 72 * 3600 < sum(PAUSES_S) < 96 * 3600


@pytest.mark.parametrize(("wish_s", "least_s", "most_s"), [(600, 600, 600), (1, 4.5, 5.5), (1e9, LONGEST_S, LONGEST_S)])
def test_address_may_ask_for_a_longer_pause_within_a_day(wish_s, least_s, most_s):
    chance = random.Random(1)  # noqa: S311 - no secret
    assert least_s <= pause_s(1, wish_s, chance) <= most_s
