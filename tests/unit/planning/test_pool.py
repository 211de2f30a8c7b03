"""Pools behave as queueing theory says, where it says something, and as Serve's router does."""

import numpy as np
import pytest
import simpy

from tests.support.planning import erlang_c, pool_of, tier


def played(pool, environment, gaps_s, works_s):
    """Sends work at random moments; the time that each took from its arrival."""
    took_s = []

    def one(work_s):
        began_s = environment.now
        yield pool.work(work_s)
        took_s.append(environment.now - began_s)

    def arrive():
        for gap_s, work_s in zip(gaps_s, works_s, strict=True):
            yield environment.timeout(gap_s)
            environment.process(one(work_s))

    environment.process(arrive())
    environment.run()
    return np.array(took_s)


def memoryless(replicas, offered, count, seed, kind=None):
    """Waits and the pool of a queue with exponential gaps and work of 1 s on average."""
    rng, environment = np.random.default_rng(seed), simpy.Environment()
    pool = pool_of(environment, kind or tier(), replicas, seed)
    works_s = rng.exponential(1, count)
    took_s = played(pool, environment, rng.exponential(1 / offered, count), works_s)
    return took_s, pool, environment


@pytest.mark.parametrize(("replicas", "offered"), [(1, 0.7), (3, 2.4), (10, 8.5)])
def test_waits_are_those_of_erlang_c(replicas, offered):
    waits = [np.mean(memoryless(replicas, offered, 3000, seed)[1].waited_s) for seed in range(10)]
    expected = erlang_c(replicas, offered) / (replicas - offered)
    # Two-sided 99.9 % interval of Student's t with 9 degrees of freedom.
    assert abs(np.mean(waits) - expected) < 4.78 * np.std(waits, ddof=1) / len(waits) ** 0.5


def test_requests_in_the_pool_are_arrivals_times_their_time_in_it():
    took_s, pool, environment = memoryless(3, 2.4, 3000, 1)
    assert pool.ongoing.mean == pytest.approx(len(took_s) / environment.now * took_s.mean(), rel=1e-9)


def test_busy_is_the_work_over_the_time_of_all_replicas():
    rng, environment = np.random.default_rng(2), simpy.Environment()
    pool, works_s = pool_of(environment, tier(), 2), rng.exponential(1, 500)
    played(pool, environment, rng.exponential(0.7, 500), works_s)
    assert pool.busy.mean == pytest.approx(works_s.sum() / environment.now, rel=1e-9)


@pytest.mark.parametrize("room", [1, 2])
def test_smaller_pool_at_the_same_utilisation_waits_longer(room):
    small, large = (np.mean(memoryless(n, 0.8 * n, 8000, 3, tier(room=room))[1].waited_s) for n in (3, 12))
    assert small > 1.2 * large


def test_replicas_that_hold_a_second_request_make_it_wait_where_another_is_idle():
    """Serve's router looks at two replicas only."""
    one_line, held = (np.mean(memoryless(6, 3.6, 8000, 4, tier(room=room))[1].waited_s) for room in (1, 2))
    assert held > 2 * one_line


@pytest.mark.parametrize(("gain", "seconds"), [((1.0,), 4.0), ((1.0, 2.0), 2.0), ((1.0, 1.6), 2.5)])
def test_pictures_that_share_steps_slow_each_other_down_by_what_sharing_does_not_gain(gain, seconds):
    environment = simpy.Environment()
    pool = pool_of(environment, tier(at_once=2, room=2, gain=gain), 1)
    assert played(pool, environment, [0, 0], [2, 2]) == pytest.approx([seconds, seconds])


def test_picture_that_joins_late_shares_from_then_on():
    environment = simpy.Environment()
    pool = pool_of(environment, tier(at_once=2, room=2), 1)
    assert played(pool, environment, [0, 1], [2, 2]) == pytest.approx([3, 3])


def test_full_queue_refuses():
    environment = simpy.Environment()
    pool = pool_of(environment, tier(queue=2), 1)
    assert [pool.work(1) is None for _ in range(4)] == [False, False, False, True]


def test_place_is_held_until_it_is_given_back():
    environment = simpy.Environment()
    pool = pool_of(environment, tier(), 1)
    first, second = pool.hold(), pool.hold()
    environment.run(until=50)
    assert first.started.triggered
    assert not second.started.triggered
    pool.release(first)
    assert second.started.triggered


def test_new_replica_works_after_its_start_up_and_leaving_one_ends_what_it_has():
    environment, ends = simpy.Environment(), []
    pool = pool_of(environment, tier(), 1, start_up_s=3)
    for _ in range(2):
        pool.work(10).callbacks.append(lambda _: ends.append(environment.now))
    pool.resize(2)
    environment.run(until=4)
    pool.resize(1)
    environment.run()
    assert ends == [10, 13]
    assert pool.replicas.value == 1
