import numpy as np
import pytest

from services.segment.doubt import Doubt
from services.segment.effort import Effort
from services.segment.trimap import draw_trimap

SIZE = (96, 96)


@pytest.fixture
def trimap(disc):
    nowhere = np.zeros(SIZE, bool)
    return draw_trimap(disc(SIZE, 25).astype(np.float32), Doubt(nowhere, nowhere), 96)


def test_noisy_photo_is_believed_less_than_a_clean_one(trimap):
    clean = np.full((*SIZE, 3), 128, np.uint8)
    noisy = (clean + np.random.default_rng(1).normal(0, 4, clean.shape)).astype(np.uint8)
    assert Effort.of(noisy, trimap).epsilon > Effort.of(clean, trimap).epsilon


def test_texture_on_one_side_is_no_noise(trimap):
    photo = np.full((*SIZE, 3), 128, np.uint8)
    texture = np.random.default_rng(2).integers(0, 255, (*SIZE, 1))
    photo[trimap.core] = np.broadcast_to(texture, photo.shape)[trimap.core]
    assert Effort.of(photo, trimap) == Effort.of(np.full_like(photo, 128), trimap)
