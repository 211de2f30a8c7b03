"""Token buckets: never more than rate and burst allow, whoever asks and whatever the clocks say."""

import multiprocessing
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import RateLimited
from services.common.settings import DatabaseSettings
from services.database.database import Database
from services.tenants.bucket import Bucket, RateLimiter
from services.tenants.caller import Limits

LIMITS = Limits(rate_per_s=2, burst=4)


def taken(database, clock, count, limits=LIMITS, tenant="acme"):
    """How many of so many calls pass."""
    with database.transaction() as session:
        answers = [RateLimiter(clock).take(session, tenant, limits) for _ in range(count)]
    return sum(not isinstance(each, RateLimited) for each in answers)


def test_burst_passes_and_then_the_rate(database, clock):
    assert taken(database, clock, 10) == 4
    clock.pass_s(1)
    assert taken(database, clock, 10) == 2
    clock.pass_s(100)
    assert taken(database, clock, 10) == 4


def test_tenants_have_buckets_of_their_own(database, clock):
    assert taken(database, clock, 10) == 4
    assert taken(database, clock, 10, tenant="other") == 4


def test_clock_that_is_behind_gives_nothing(database, clock):
    assert taken(database, clock, 10) == 4
    clock.pass_s(-30)
    assert taken(database, clock, 10) == 0
    clock.pass_s(31)
    assert taken(database, clock, 10) == 2


def test_refusal_tells_when_to_come_back(database, clock):
    taken(database, clock, 4)
    with database.transaction() as session:
        refusal = RateLimiter(clock).take(session, "acme", LIMITS)
    assert refusal.details == {"retry_after_s": 0.5, "limit": 4, "remaining": 0, "reset_s": 2, "window_s": 2}
    clock.pass_s(refusal.details["retry_after_s"])
    assert taken(database, clock, 1) == 1


def test_allowance_tells_what_is_left(database, clock):
    with database.transaction() as session:
        allowance = RateLimiter(clock).take(session, "acme", LIMITS)
    assert allowance.headers == {
        "RateLimit-Limit": "4", "RateLimit-Remaining": "3", "RateLimit-Reset": "1", "RateLimit-Policy": "4;w=2",
    }  # fmt: skip


@given(
    st.floats(0.1, 100), st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 20)), max_size=40),
)  # fmt: skip
def test_no_bucket_gives_more_than_burst_and_rate(rate, burst, asked):
    bucket, passed, elapsed = Bucket(rate, burst, burst, 0.0), 0, 0.0
    for gap, count in asked:
        elapsed += gap
        for _ in range(count):
            bucket = bucket.at(elapsed)
            if bucket.tokens >= 1:
                bucket, passed = bucket.without(1), passed + 1
    assert passed <= burst + rate * elapsed + 1e-6


RUN_S = 4


def ask_on_and_on(url, limits, together, replica, passed, times):
    """What one gateway replica does, as fast as it can."""
    database = Database.open(DatabaseSettings(url=url), Path())
    together.wait()
    times[2 * replica] = time.time()
    while time.time() < times[2 * replica] + RUN_S:
        with database.transaction() as session:
            left = RateLimiter().take(session, "acme", limits)
        passed[replica] += not isinstance(left, RateLimited)
    times[2 * replica + 1] = time.time()
    database.close()


def test_two_replicas_enforce_one_rate_within_five_percent(database):
    # The burst is what comes together while a busy machine lets neither process run.
    limits, context = Limits(rate_per_s=50, burst=50), multiprocessing.get_context("spawn")
    url = database.engine.url.render_as_string(hide_password=False)
    together, passed, times = context.Barrier(2), context.Array("i", 2), context.Array("d", 4)
    replicas = [
        context.Process(target=ask_on_and_on, args=(url, limits, together, replica, passed, times))
        for replica in range(2)
    ]
    for each in replicas:
        each.start()
    for each in replicas:
        each.join()
    assert [each.exitcode for each in replicas] == [0, 0]
    assert min(passed) > 0
    allowed = limits.burst + limits.rate_per_s * (max(times) - min(times))
    assert sum(passed) == pytest.approx(allowed, rel=0.05)
