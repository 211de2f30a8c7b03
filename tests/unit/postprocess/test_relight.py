import cv2
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from services.common.geometry import Box
from services.common.srgb import LUMINANCE
from services.postprocess.product import Product
from services.postprocess.relight import CHROMA_LIMIT, GAIN_LIMITS, light_gain, relit, spared
from tests.support.drawings import drawn, noisy_background, printed_cloth, product_with, through_a_network

SIZE = 192


def disc() -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    return np.clip(80 - np.hypot(rows, columns) + 0.5, 0, 1).astype(np.float32)


def lit(cloth: np.ndarray, amount: float, tint: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    """Light that falls off from one corner to the other."""
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    gain = 0.9 + amount * np.sin(1.4 * (rows + columns) - 1.4)
    return np.clip(cloth * gain[..., None] * tint, 0, 255).astype(np.uint8)


def drawing_of(cloth: np.ndarray, seed: int = 1) -> np.ndarray:
    return through_a_network(drawn(noisy_background(seed, SIZE), disc(), cloth))


def off(product: Product, truth: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95th percentile of CIEDE2000, and SSIM, in the core."""
    truth = truth[product.box.slices()]
    error = deltaE_ciede2000(rgb2lab(product.color), rgb2lab(truth))[product.core]
    _, like = structural_similarity(product.color @ LUMINANCE, truth @ LUMINANCE, data_range=255, full=True)
    return float(error.mean()), float(np.percentile(error, 95)), float(like[product.core].mean())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tint", [(1, 1, 1), (1.03, 1, 0.97)], ids=["white", "warm"])
def test_product_takes_the_light_of_its_drawing_and_keeps_its_detail(
    seed: int, tint: tuple[float, float, float]
) -> None:
    cloth = printed_cloth(seed)
    truth = lit(cloth, 0.25, tint)
    after = relit(product_with(disc(), cloth), drawing_of(truth, seed))
    assert after is not None
    mean, p95, like = off(after, truth)
    assert mean < 0.6
    assert p95 < 1.5
    assert like > 0.995


@pytest.mark.parametrize("seed", range(3))
def test_drawing_in_the_same_light_changes_next_to_nothing(seed: int) -> None:
    cloth = printed_cloth(seed)
    after = relit(product_with(disc(), cloth), drawing_of(cloth, seed))
    assert after is not None
    mean, p95, like = off(after, cloth)
    assert mean < 0.5
    assert p95 < 1.5
    assert like > 0.995


def test_background_does_not_shine_into_the_edge() -> None:
    cloth = np.full((SIZE, SIZE, 3), 120, np.uint8)
    for around in (0, 255):
        picture = drawn(np.full((SIZE, SIZE, 3), around, np.uint8), disc(), cloth)
        after = relit(product_with(disc(), cloth), picture)
        assert after is not None
        assert np.abs(after.color[after.core].astype(int) - 120).max() <= 1


def test_drawing_moved_by_some_pixels_gives_its_broad_light_alone() -> None:
    cloth = printed_cloth(2)
    after = relit(product_with(disc(), cloth), np.roll(drawing_of(cloth), 4, axis=1))
    assert after is not None
    assert off(after, cloth)[0] < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_drawing_of_something_else_tells_no_light(seed: int) -> None:
    assert relit(product_with(disc(), printed_cloth(seed)), np.rot90(printed_cloth(5))) is None


def test_drawing_of_print_on_a_plain_product_tells_no_light() -> None:
    plain = np.full((SIZE, SIZE, 3), 140, np.uint8)
    assert relit(product_with(disc(), plain), printed_cloth(5)) is None


@pytest.mark.parametrize("factor", [0.05, 0.9, 8])
def test_gain_is_bounded_whatever_was_drawn(factor: float) -> None:
    cloth = printed_cloth(1)
    strange = np.clip(cloth[..., ::-1] * factor, 0, 255).astype(np.uint8)
    gain = light_gain(cloth, strange, np.ones((SIZE, SIZE), np.float32), 5)
    assert gain.min() >= GAIN_LIMITS[0] - 1e-3
    assert gain.max() <= GAIN_LIMITS[1] + 1e-3
    assert np.max(gain.max(axis=2) / gain.min(axis=2)) <= CHROMA_LIMIT**2 + 1e-3


def test_turned_hues_do_not_pass_for_light() -> None:
    cloth = np.full((SIZE, SIZE, 3), (180, 60, 50), np.uint8)
    turned = cv2.cvtColor(cloth, cv2.COLOR_RGB2HSV)
    turned[..., 0] = 12
    drawing = drawn(noisy_background(1, SIZE), disc(), cv2.cvtColor(turned, cv2.COLOR_HSV2RGB))
    after = relit(product_with(disc(), cloth), drawing)
    assert after is not None
    hues = cv2.cvtColor(after.color, cv2.COLOR_RGB2HSV)[..., 0][after.core]
    assert np.abs(hues.astype(int) - 2).max() <= 2


def test_half_strength_goes_half_the_way() -> None:
    cloth = np.full((SIZE, SIZE, 3), 100, np.uint8)
    drawing = drawn(noisy_background(1, SIZE), disc(), np.full_like(cloth, 140))
    half = relit(product_with(disc(), cloth), drawing, strength=0.5)
    none = relit(product_with(disc(), cloth), drawing, strength=0)
    assert half is not None
    assert none is not None
    assert np.abs(half.color[half.core].astype(int) - 120).max() <= 1
    assert np.array_equal(none.color, product_with(disc(), cloth).color)


def test_lettering_takes_half_the_light_and_none_of_its_colour() -> None:
    gain = np.full((80, 80, 3), (1.4, 1.2, 1.0), np.float32)
    result = spared(gain, [Box(30, 20, 12, 40)])
    luminance = float(np.float32((1.4, 1.2, 1.0)) @ LUMINANCE)
    assert result[36, 40] == pytest.approx(1 + 0.5 * (luminance - 1), abs=0.01)
    assert result[2, 2] == pytest.approx((1.4, 1.2, 1.0))
    steps = np.abs(np.diff(result, axis=0)).max()
    assert steps < 0.06


def test_lettering_outside_the_product_does_not_count() -> None:
    gain = np.full((40, 40, 3), 1.3, np.float32)
    assert np.array_equal(spared(gain, [Box(200, 200, 10, 10)]), gain)
    assert spared(gain, []) is gain
