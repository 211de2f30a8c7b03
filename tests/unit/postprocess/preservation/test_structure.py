import cv2
import numpy as np
from skimage.metrics import structural_similarity

from services.postprocess.preservation.structure import structure
from tests.support.drawn_products import Bag

BAG = Bag(128)
COLORS, INSIDE = BAG.colors(), BAG.coverage() == 1


def noisy(sigma: float) -> np.ndarray:
    drawn = COLORS + np.random.default_rng(2).normal(0, sigma, COLORS.shape)
    return np.clip(drawn, 0, 255).astype(np.uint8)


def test_same_picture_is_alike_everywhere() -> None:
    found = structure(COLORS, COLORS, INSIDE)
    assert found.mean > 1 - 1e-5
    assert found.worst > 1 - 1e-5


def test_value_is_the_papers_where_no_mask_cuts_in() -> None:
    everywhere = np.ones(INSIDE.shape, bool)
    other = noisy(8)
    gray = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (COLORS, other)]
    reference = structural_similarity(*gray, data_range=255, full=True)[1]
    found = structure(COLORS, other, everywhere).values
    assert np.allclose(found[4:-4, 4:-4], reference[4:-4, 4:-4], atol=1e-3)


def test_more_noise_is_less_alike() -> None:
    found = [structure(noisy(sigma), COLORS, INSIDE).mean for sigma in (0, 1, 2, 4, 8)]
    assert found == sorted(found, reverse=True)


def test_one_changed_letter_is_the_worst_place() -> None:
    found = structure(Bag(128, lines=("VITRIHE", "No. 48")).colors(), COLORS, INSIDE)
    assert found.worst < 0.7
    assert found.worst_yx is not None
    assert 55 < found.worst_yx[0] < 80
    assert 60 < found.worst_yx[1] < 90


def test_what_changes_outside_does_not_count() -> None:
    other = np.where(INSIDE[..., None], COLORS, 255 - COLORS)
    assert structure(other, COLORS, INSIDE).worst > 1 - 1e-5


def test_nothing_inside_is_not_told_as_alike() -> None:
    assert structure(COLORS, 255 - COLORS, np.zeros_like(INSIDE)) is None
