"""What an item costs by the size of its job, put together of bare and whole ones."""

import pytest

from loadtests.jobs.sizes import Cost, spread

BARE = [Cost(1, 1000, 40.0, 0.1), Cost(100, 10, 20.0, 0.1), Cost(10_000, 1, 10.0, 0.1)]


def test_stages_add_the_same_to_items_of_all_sizes():
    found = spread(BARE, [Cost(1, 40, 1060.0, 0.5), Cost(100, 1, 1020.0, 0.5)])
    assert found["stages_ms"] == 1000
    assert found["item_ms"] == {1: 1040, 100: 1020, 10_000: 1010}
    assert found["spread"] == pytest.approx(1040 / 1010 - 1, abs=1e-4)


def test_dearest_item_may_be_that_of_the_largest_job():
    assert spread([BARE[1], Cost(1000, 1, 60.0, 0.1)], [Cost(100, 1, 120.0, 0.5)])["spread"] == pytest.approx(
        1 / 3, 1e-3
    )
