import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled
from services.segment.look import look_for_product

IMAGE = np.zeros((30, 40, 3), np.uint8)


class ScriptedModel:
    """A model that sees one mask from near and one from further away."""

    def __init__(self, near, far=None):
        self._near, self._far = near, far
        self.margins = []

    def run(self, image, margin=0.0):
        self.margins.append(margin)
        return self._far if margin else self._near


@pytest.fixture
def whole(disc, blurred):
    return blurred(disc((256, 256), 70))


@pytest.fixture
def doubtful(whole):
    mask = whole.copy()
    mask[:128] *= 0.45
    return mask


def test_certain_first_look_is_enough(whole):
    model = ScriptedModel(whole)
    assert look_for_product(model, IMAGE, Deadline()).confidence > 0.9
    assert model.margins == [0.0]


def test_second_look_wins_when_it_is_surer(whole, doubtful):
    look = look_for_product(ScriptedModel(doubtful, whole), IMAGE, Deadline())
    assert np.array_equal(look.mask, whole)
    assert look.confidence > 0.9


def test_first_look_stays_when_the_second_is_no_surer(doubtful):
    look = look_for_product(ScriptedModel(doubtful, doubtful * 0.6), IMAGE, Deadline())
    assert np.array_equal(look.mask, doubtful)


def test_product_that_the_first_look_misses_is_found_by_a_sure_second(whole):
    look = look_for_product(ScriptedModel(np.zeros_like(whole), whole), IMAGE, Deadline())
    assert np.array_equal(look.mask, whole)


def test_where_nothing_was_seen_an_unsure_second_look_invents_nothing(whole):
    assert look_for_product(ScriptedModel(np.zeros_like(whole), whole * 0.7), IMAGE, Deadline()).confidence == 0


def test_caller_who_leaves_after_the_first_look_stops_the_second(doubtful):
    deadline = Deadline()

    class Leaving(ScriptedModel):
        def run(self, image, margin=0.0):
            deadline.cancel()
            return super().run(image, margin)

    model = Leaving(doubtful, doubtful)
    with pytest.raises(Cancelled):
        look_for_product(model, IMAGE, deadline)
    assert model.margins == [0.0]
