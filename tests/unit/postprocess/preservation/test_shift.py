import cv2
import numpy as np
import pytest

from services.postprocess.preservation.shift import REACH_PX, inner_shift
from tests.support.drawn_products import Bag

SIZE = 192
BAG = Bag(SIZE)
COLORS, INSIDE = BAG.colors(), BAG.coverage() == 1


def warped(amplitude_px: float) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    columns, rows = x + amplitude_px * np.sin(y / 20), y + amplitude_px * np.cos(x / 25)
    return cv2.remap(COLORS, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_CUBIC)


def test_nothing_moves_in_the_same_picture() -> None:
    found = inner_shift(COLORS, COLORS, INSIDE)
    assert found.points > 10
    assert (found.p95_px, found.lost) == (0, 0)


@pytest.mark.parametrize("moved_yx", [(0.5, -0.25), (1.0, 0.0), (0.0, 2.0)])
def test_print_that_moved_is_followed(moved_yx: tuple[float, float]) -> None:
    found = inner_shift(Bag(SIZE, moved_yx=moved_yx).colors(), COLORS, INSIDE)
    assert np.allclose(found.shift_yx, moved_yx, atol=0.1)


def test_stronger_warp_moves_more_though_the_mean_stays() -> None:
    found = [inner_shift(warped(amplitude), COLORS, INSIDE).p95_px for amplitude in (0, 0.25, 0.5, 1)]
    assert found == sorted(found)
    assert found[3] > 0.8


def test_what_changes_outside_does_not_count() -> None:
    other = np.where(INSIDE[..., None], COLORS, 255 - COLORS)
    assert inner_shift(other, COLORS, INSIDE).p95_px < 0.01


def test_plain_product_has_nothing_to_follow() -> None:
    plain = np.full((64, 64, 3), 90, np.uint8)
    found = inner_shift(plain, plain, np.ones((64, 64), bool))
    assert (found.points, found.worst_yx) == (0, None)


def test_dull_cloth_rounded_twice_has_not_moved() -> None:
    """Corners of one byte's height are followed anywhere."""
    rng = np.random.default_rng(1)
    cloth = (40 + rng.integers(0, 2, (SIZE, SIZE, 1)) + np.zeros(3)).astype(np.uint8)
    again = np.clip(cloth.astype(int) + rng.integers(-1, 2, cloth.shape), 0, 255).astype(np.uint8)
    found = inner_shift(again, cloth, INSIDE)
    assert found.points > 10
    assert (found.p95_px, found.lost) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_corners_without_a_changed_pixel_around_them_have_not_moved(seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, column = rng.integers(100, 150, 2)
    other = COLORS.copy()
    other[row : row + 3, column : column + 3] = rng.integers(0, 256, (3, 3, 3))
    found = inner_shift(other, COLORS, INSIDE)
    assert found.shift_yx == (0, 0)
    if found.worst_yx is not None and found.p95_px > 0:
        assert max(abs(found.worst_yx[0] - row - 1), abs(found.worst_yx[1] - column - 1)) <= 10


def test_corners_that_are_not_found_again_are_no_standstill() -> None:
    rng = np.random.default_rng(3)
    one, other = (rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8) for _ in range(2))
    found = inner_shift(other, one, INSIDE)
    assert found.lost > 0.9
    assert found.p95_px == REACH_PX
    assert found.worst_yx is not None


@pytest.mark.parametrize("gain", [0.3, 0.55, 1.1])
def test_product_that_is_only_darker_or_brighter_has_not_moved(gain: float) -> None:
    rng = np.random.default_rng(3)
    cloth = cv2.GaussianBlur(rng.integers(0, 200, (SIZE, SIZE, 3), dtype=np.uint8), (0, 0), 2)
    found = inner_shift(np.clip(cloth * gain, 0, 255).astype(np.uint8), cloth, INSIDE)
    assert found.points > 10
    assert found.p95_px < 0.5
    assert found.lost < 0.1
