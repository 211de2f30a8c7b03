import pytest

from services.generate.diffusion.order import Order, Priority
from tests.support.diffusion import sample_request


def test_order_is_interactive_and_shares_batches_unless_told_otherwise():
    order = Order(sample_request())
    assert (order.priority, order.deterministic, order.preview_every) == (Priority.INTERACTIVE, False, 0)


def test_steps_between_previews_are_not_negative():
    with pytest.raises(ValueError, match="preview_every is -1"):
        Order(sample_request(), preview_every=-1)
