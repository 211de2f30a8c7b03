"""Random sets are scenes that plates can draw, labelled in the captions' words."""

import numpy as np
import pytest

from training import vocabulary
from training.sets import SetBuilder


@pytest.mark.parametrize("seed", range(60))
def test_every_set_is_named_in_the_vocabulary(seed):
    photo_set = SetBuilder(np.random.default_rng(seed)).build()
    assert photo_set.surface in vocabulary.SURFACES
    assert photo_set.behind == "" or photo_set.behind in vocabulary.BEHIND
    assert photo_set.environment == "" or photo_set.environment in vocabulary.ENVIRONMENTS
    assert photo_set.pattern == "" or photo_set.pattern in vocabulary.PATTERNS


def test_all_kinds_and_surfaces_come_up():
    sets = [SetBuilder(np.random.default_rng(seed)).build() for seed in range(300)]
    assert {each.scene.backdrop.kind for each in sets} == {
        "table", "corner", "surface", "sweep", "podium", "wall", "window", "packshot"
    }  # fmt: skip
    assert {each.surface for each in sets} == set(vocabulary.SURFACES)
