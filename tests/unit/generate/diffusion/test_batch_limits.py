import pytest

from services.common.errors import Overloaded, TooLarge
from services.generate.diffusion.batch_limits import CEILING_HOLDS_S, BatchLimits
from services.generate.diffusion.estimates import COMPARED, DECODE, STEP, Estimates, Work
from services.generate.diffusion.sample import Bucket
from tests.support.virtual_clock import VirtualClock

SQUARE, LARGE = Bucket((8, 8), guided=True), Bucket((16, 16), guided=True)


def limits(budget_bytes=1000, max_batch=8, bytes_of_one=None, kind=STEP):
    """Limits over estimates that find every batch worthwhile."""
    estimates, clock = Estimates(), VirtualClock()
    for batch in range(1, max_batch + 1):
        for _ in range(COMPARED):
            estimates.learn(Work(STEP, SQUARE, batch), 1.0)
    if bytes_of_one is not None:
        estimates.learn(Work(kind, SQUARE), 1.0, bytes_of_one)
    return BatchLimits(estimates, budget_bytes, max_batch, clock), clock


@pytest.mark.parametrize(
    ("bytes_of_one", "expected"), [(None, 8), (10, 8), (200, 5), (900, 1), (2000, 1)],
    ids=["not known", "small", "a fifth", "just fits", "too large"],
)  # fmt: skip
def test_batch_is_as_large_as_its_memory_allows(bytes_of_one, expected):
    assert limits(bytes_of_one=bytes_of_one)[0].limit(SQUARE) == expected


def test_decoding_which_goes_one_by_one_limits_no_batch():
    assert limits(bytes_of_one=600, kind=DECODE)[0].limit(SQUARE) == 8


@pytest.mark.parametrize("kind", [STEP, DECODE])
def test_what_is_known_not_to_fit_is_refused_before_work(kind):
    batches, _ = limits(bytes_of_one=1001, kind=kind)
    with pytest.raises(TooLarge) as caught:
        batches.check(SQUARE)
    assert caught.value.details == {"field": "canvas", "got": [8, 8]}
    batches.check(LARGE)


def test_batch_that_fell_short_is_halved_for_a_while():
    batches, clock = limits()
    batches.fell_short(SQUARE, 6)
    assert batches.limit(SQUARE) == 3
    clock.move(CEILING_HOLDS_S)
    assert batches.limit(SQUARE) == 8


def test_refusal_of_a_size_that_was_never_drawn_is_final():
    batches, _ = limits()
    batches.fitted(SQUARE)
    assert isinstance(batches.refusal(LARGE), TooLarge)
    assert isinstance(batches.refusal(SQUARE), Overloaded)
