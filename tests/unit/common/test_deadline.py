import time

import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled, DeadlineExceeded


def test_deadline_without_end_never_passes() -> None:
    deadline = Deadline()
    deadline.check()
    assert deadline.remaining_s() is None


def test_deadline_in_the_past_is_exceeded() -> None:
    deadline = Deadline(time.time() - 1)
    assert deadline.remaining_s() == 0
    with pytest.raises(DeadlineExceeded, match="timeout"):
        deadline.check()


def test_deadline_ahead_lets_work_go_on() -> None:
    deadline = Deadline.after(60)
    deadline.check()
    assert 0 < (deadline.remaining_s() or 0) <= 60


def test_cancel_ends_work_before_its_time() -> None:
    deadline = Deadline.after(60)
    deadline.cancel()
    with pytest.raises(Cancelled):
        deadline.check()


def test_who_keeps_another_clock_is_judged_by_it() -> None:
    deadline = Deadline(at_s=10)
    deadline.check(now_s=9.9)
    with pytest.raises(DeadlineExceeded):
        deadline.check(now_s=10)
