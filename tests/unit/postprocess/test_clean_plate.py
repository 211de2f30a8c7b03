import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled
from services.common.srgb import to_bytes, to_linear
from services.evaluation.truth.backdrop import brick
from services.postprocess.clean_plate import clean_plate
from services.postprocess.composite import composite
from tests.support.drawings import as_clean, drawn, generated, noisy_background, product_with, strap

RED = (170, 40, 45)


def width_error(picture: np.ndarray, background: np.ndarray, width_px: float) -> float:
    """By how much more product is seen than there should be, per pixel of the strap's length."""
    below, product = to_linear(background), to_linear(np.array(RED, np.uint8))
    span = product - below
    seen = ((to_linear(picture) - below) * span).sum(2) / (span * span).sum(2)
    size = len(picture)
    truth = strap(width_px, size=size)
    return float((seen - truth)[strap(width_px, 24, size) > 0].sum() / (truth.sum() / width_px))


@pytest.mark.parametrize("width_px", [3, 6, 12])
@pytest.mark.parametrize("grown_px", [2, 4, 8])
def test_strap_drawn_too_wide_is_seen_at_its_width(width_px: float, grown_px: float) -> None:
    background, product = noisy_background(4), product_with(strap(width_px), RED)
    scene = generated(drawn(background, strap(width_px, grown_px), RED))
    pasted = composite(scene.background, product)
    picture = composite(clean_plate(scene, product, 1, Deadline()).background, product)
    assert width_error(pasted, background, width_px) > 0.9 * grown_px
    assert abs(width_error(picture, background, width_px)) < 0.25


@pytest.mark.parametrize("seed", [0, 1])
def test_strap_drawn_too_wide_before_bricks_is_seen_at_its_width(seed: int) -> None:
    wall, product = to_bytes(brick((320, 320), (0.62, 0.7, 0.72), seed)), product_with(strap(8, size=320), RED)
    scene = generated(drawn(wall, strap(8, 8, 320), RED))
    picture = composite(clean_plate(scene, product, 1, Deadline()).background, product)
    assert abs(width_error(picture, wall, 8)) < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_faithful_drawing_keeps_every_byte_beside_the_product(seed: int) -> None:
    product = product_with(strap(8), RED)
    scene = generated(drawn(noisy_background(seed), strap(8), RED))
    plate = clean_plate(scene, product, 1, Deadline())
    beside = strap(8) == 0
    assert plate.growth_px == 0
    assert np.array_equal(plate.background[beside], scene.background[beside])


def test_faithful_drawing_is_not_counted_twice_under_a_soft_edge() -> None:
    background, product = noisy_background(4), product_with(strap(8), RED)
    plate = clean_plate(generated(drawn(background, strap(8), RED)), product, 1, Deadline())
    assert abs(width_error(composite(plate.background, product), background, 8)) < 0.05


def test_background_in_which_nothing_was_drawn_comes_through_untouched() -> None:
    scene = generated(noisy_background(5))
    plate = clean_plate(scene, product_with(strap(8), RED), 1, Deadline())
    assert plate.background is scene.background
    assert not plate.drawn


def test_background_of_an_engine_that_never_saw_the_product_is_not_looked_at() -> None:
    scene = as_clean(generated(drawn(noisy_background(5), strap(8, 6), RED)))
    assert clean_plate(scene, product_with(strap(8), RED), 1, Deadline()).background is scene.background


def test_ghost_of_another_hue_goes_too() -> None:
    background, product = noisy_background(6), product_with(strap(8), RED)
    scene = generated(drawn(background, strap(8, 6), (170, 60, 20)))
    picture = composite(clean_plate(scene, product, 1, Deadline()).background, product)
    assert abs(width_error(picture, background, 8)) < 0.25


def test_fill_is_near_to_what_was_there() -> None:
    background, product = noisy_background(7), product_with(strap(8), RED)
    scene = generated(drawn(background, strap(8, 8), RED))
    plate = clean_plate(scene, product, 1, Deadline())
    ghost = (strap(8, 8) > 0) & (strap(8) == 0)
    off = (plate.background.astype(float) - background)[ghost]
    assert np.sqrt((off**2).mean()) < 5


def test_same_seed_fills_with_the_same_bytes_and_leaves_its_input_alone() -> None:
    scene = generated(drawn(noisy_background(8), strap(8, 6), RED))
    before = scene.background.copy()
    first, second = (clean_plate(scene, product_with(strap(8), RED), 9, Deadline()).background for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(scene.background, before)


def test_fill_is_not_made_for_a_caller_who_left() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        clean_plate(generated(noisy_background(1)), product_with(strap(8), RED), 1, deadline)
