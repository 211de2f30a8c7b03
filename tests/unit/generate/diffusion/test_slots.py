from concurrent.futures import Future
from dataclasses import replace

import pytest

from services.generate.diffusion.order import Order, Priority
from services.generate.diffusion.sample import Bucket
from services.generate.diffusion.slots import Slot, Slots
from services.generate.engine.adapter import Adapter
from services.generate.engine.lora import Worn
from tests.support.diffusion import sample_request

SQUARE, WIDE = Bucket((8, 8), guided=True), Bucket((6, 10), guided=True)


LINEN, DUSK = (Worn(Adapter(name * 64, {}), 0.8) for name in "ab")


def slot(number, due_s=0.0, bucket=SQUARE, priority=Priority.INTERACTIVE, served_s=0.0, alone=False, styles=()):
    order = Order(sample_request(seed=number, styles=styles), priority=priority)
    return Slot(order, bucket, Future(), number, due_s, served_s, alone)


def numbers(slots):
    return [each.number for each in slots]


def filled(*several, limit=10, ageing_s=10.0):
    slots = Slots(limit, ageing_s)
    for each in several:
        slots.add(each)
    return slots


def test_order_is_priority_then_due_then_arrival():
    slots = filled(slot(1, 5), slot(2, 3, priority=Priority.BULK), slot(3, 4), slot(4, 5))
    assert numbers(slots.ranked(0.0)) == [3, 1, 4, 2]


def test_who_got_no_step_for_long_rises_and_falls_back_after_one():
    bulk = slot(1, due_s=3, priority=Priority.BULK)
    slots = filled(bulk, slot(2, due_s=8))
    assert numbers(slots.ranked(9.9)) == [2, 1]
    assert numbers(slots.ranked(10.0)) == [1, 2]
    bulk.served_s = 10.0
    assert numbers(slots.ranked(10.5)) == [2, 1]


def test_batch_is_the_first_with_those_of_its_bucket():
    slots = filled(slot(1, 1, WIDE), slot(2, 2), slot(3, 3, WIDE), slot(4, 4, WIDE))
    assert numbers(slots.batch(0.0, lambda first: 2)) == [1, 3]


@pytest.mark.parametrize(("first_alone", "expected"), [(True, [1]), (False, [1, 3])], ids=["first", "second"])
def test_who_is_to_be_alone_shares_with_nobody(first_alone, expected):
    slots = filled(slot(1, 1, alone=first_alone), slot(2, 2, alone=not first_alone), slot(3, 3))
    assert numbers(slots.batch(0.0, lambda first: 8)) == expected


def test_batch_is_of_one_set_of_styles_at_the_same_weights():
    same = Worn(Adapter("a" * 64, {}), 0.8)
    sets = [(LINEN,), (DUSK,), (same,), (), (LINEN, DUSK), (replace(LINEN, scale=0.5),)]
    slots = filled(*(slot(number, number, styles=styles) for number, styles in enumerate(sets)))
    assert numbers(slots.batch(0.0, lambda first: 8)) == [0, 2]


def test_nobody_waits_in_an_empty_set():
    assert filled().batch(0.0, lambda first: 8) == []


def test_set_is_full_at_its_limit():
    slots = filled(slot(1), slot(2), limit=2)
    assert slots.full
    slots.remove(next(iter(slots)))
    assert not slots.full
