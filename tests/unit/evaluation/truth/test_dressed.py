import numpy as np
import pytest

from services.common.srgb import to_bytes
from services.evaluation.truth.dressed import ALIKE, APART, KINDS, Dressed
from services.segment.palette import to_lab


@pytest.fixture(scope="module", params=range(len(KINDS)), ids=KINDS)
def dressed(request):
    return Dressed.drawn(request.param)


def test_photo_of_one_number_is_the_same_every_time():
    assert np.array_equal(Dressed.drawn(1).photo, Dressed.drawn(1).photo)


def test_mannequin_is_seen_beside_its_garment(dressed):
    seen = (dressed.whole > 0.99) & (dressed.garment < 0.01)
    assert 0.05 < seen.sum() / (dressed.whole > 0.5).sum() < 0.7


def test_cloth_is_part_of_what_a_network_would_see(dressed):
    assert (dressed.garment <= dressed.whole + 1e-5).all()
    assert dressed.garment.min() >= 0


def test_photo_shows_the_true_colours_where_cloth_covers_it(dressed):
    full = dressed.garment > 0.9999
    assert np.abs(dressed.photo[full].astype(int) - to_bytes(dressed.colors)[full]).max() <= 1


@pytest.mark.parametrize(("pairs", "near"), [(APART, False), (ALIKE, True)], ids=["apart", "alike"])
def test_mannequins_are_of_the_colour_they_are_said_to_be(pairs, near):
    for plastic, cloth, _ in pairs:
        first, second = to_lab(np.round(255 * np.array([[plastic, cloth]])).astype(np.uint8))[0]
        assert (np.linalg.norm(first - second) < 0.12) == near
