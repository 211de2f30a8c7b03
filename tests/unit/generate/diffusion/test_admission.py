import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled, DeadlineExceeded, Overloaded
from services.generate.diffusion.admission import PATIENCE, Admission
from services.generate.diffusion.batch_limits import BatchLimits
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.order import Order, Priority
from services.generate.diffusion.sample import Bucket
from services.generate.diffusion.slots import Slots
from tests.support.diffusion import sample_request
from tests.support.fake_pipeline import DECODE_S, PREPARE_S
from tests.support.loops import SQUARE, CrankedLoop, known_estimates

WIDE = Bucket((4, 16), guided=True)  # as many cells as SQUARE, so it takes as long


def admission(max_batch=1, slots=10, estimates=None):
    estimates = known_estimates(max_batch) if estimates is None else estimates
    return Admission(Slots(slots, 1000.0), estimates, BatchLimits(estimates, None, max_batch))


def order(steps=4, **changes):
    return Order(sample_request(steps=steps), **changes)


def test_alone_it_takes_its_steps_and_what_is_beside_them():
    taken = admission()
    slot = taken.admit(order(steps=10), SQUARE, 100.0)
    assert taken.forecast_s(slot, 100.0) == PREPARE_S + 10 + DECODE_S


@pytest.mark.parametrize(
    ("max_batch", "bucket", "expected"), [(1, SQUARE, 16), (2, SQUARE, 10), (2, WIDE, 16)],
    ids=["one at a time", "room in the batch", "another size"],
)  # fmt: skip
def test_who_is_served_before_counts_unless_there_is_room_beside(max_batch, bucket, expected):
    taken = admission(max_batch)
    taken.admit(order(steps=6), bucket, 0.0)
    slot = taken.admit(order(steps=10), SQUARE, 0.0)
    beside = 2 * (PREPARE_S + DECODE_S)
    assert taken.forecast_s(slot, 0.0) == pytest.approx(expected + beside)


def test_who_is_served_after_does_not_count():
    taken = admission()
    taken.admit(order(steps=50), SQUARE, 0.0)
    taken.admit(order(steps=5, priority=Priority.BULK), SQUARE, 0.0)
    slot = taken.admit(order(steps=4), SQUARE, 0.0)
    assert taken.forecast_s(slot, 0.0) == PREPARE_S + 4 + DECODE_S


def test_it_is_due_at_its_deadline_or_after_some_patience():
    taken = admission(max_batch=8)
    dues = [taken.admit(order(4, deadline=Deadline(at_s)), SQUARE, 100.0).due_s for at_s in (110.0, 1000.0, None)]
    patience = PATIENCE * (PREPARE_S + 4 + DECODE_S)
    assert dues == [110.0, 100.0 + patience, 100.0 + patience]


def test_before_anything_is_known_everybody_is_taken_on():
    assert admission(estimates=Estimates()).admit(order(steps=100, deadline=Deadline(1.0)), SQUARE, 0.0)


def test_refusal_leaves_nothing_behind():
    taken = admission(slots=1)
    with pytest.raises(DeadlineExceeded):
        taken.admit(order(steps=50, deadline=Deadline(10.0)), SQUARE, 0.0)
    assert taken.admit(order(), SQUARE, 0.0)


def test_who_is_late_or_has_left_is_not_taken_on():
    gone = Deadline()
    gone.cancel()
    for deadline, error in ((Deadline(99.0), DeadlineExceeded), (gone, Cancelled)):
        with pytest.raises(error):
            admission().admit(order(deadline=deadline), SQUARE, 100.0)


@pytest.mark.parametrize(("estimates", "expected"), [(None, 5.0), (Estimates(), 1.0)], ids=["known", "unknown"])
def test_full_house_tells_when_a_place_is_free(estimates, expected):
    taken = admission(slots=2, estimates=estimates)
    taken.admit(order(steps=30), SQUARE, 0.0), taken.admit(order(steps=4), SQUARE, 0.0)
    with pytest.raises(Overloaded) as caught:
        taken.admit(order(), SQUARE, 0.0)
    assert caught.value.details["retry_after_s"] == expected


@pytest.mark.parametrize("max_batch", [1, 2, 3])
def test_forecast_is_what_happens(max_batch):
    """Nobody comes later, so it is right to what is decoded and prepared in between."""
    cranked = CrankedLoop(max_batch=max_batch)
    ends, forecasts = {}, {}
    for seed, steps in enumerate((20, 4, 9, 30, 6, 13)):
        future = cranked.submit(seed, steps)
        future.add_done_callback(lambda _, seed=seed: ends.update({seed: cranked.clock()}))
        slot = list(cranked.loop._slots)[-1]
        forecasts[seed] = slot
    forecasts = {seed: cranked.loop._admission.forecast_s(slot, 0.0) for seed, slot in forecasts.items()}
    cranked.run_out()
    for seed, end in ends.items():
        assert forecasts[seed] == pytest.approx(end, rel=0.25, abs=3)
