import numpy as np

from services.common.srgb import to_bytes, to_linear
from services.postprocess.preservation.color import color_difference
from services.postprocess.preservation.relight import relit
from tests.support.drawn_products import Bag

SIZE = 192
BAG = Bag(SIZE)
COLORS, INSIDE = BAG.colors(), BAG.coverage() == 1


def lit(tint: tuple[float, float, float]) -> np.ndarray:
    """The bag under a light that grows from left to right."""
    across = np.linspace(0.9, 1.1, SIZE, dtype=np.float32)[None, :, None]
    return to_bytes(to_linear(COLORS) * across * np.array(tint, np.float32))


def difference(picture: np.ndarray) -> float:
    return color_difference(picture, relit(COLORS, picture, INSIDE), INSIDE).mean


def test_same_light_changes_no_byte_inside() -> None:
    assert np.array_equal(relit(COLORS, COLORS, INSIDE)[INSIDE], COLORS[INSIDE])


def test_smooth_light_with_a_mild_tint_is_no_change() -> None:
    assert difference(lit((1.03, 1, 0.95))) < 0.3


def test_strong_tint_is_a_change() -> None:
    assert difference(lit((1.0, 1.0, 2.5))) > 2


def test_changed_letter_is_not_taken_for_light() -> None:
    other = Bag(SIZE, lines=("VITRIHE", "No. 48")).colors()
    assert color_difference(other, relit(COLORS, other, INSIDE), INSIDE).spot > 15


def test_product_that_nowhere_is_whole_stays_as_it_is() -> None:
    assert relit(COLORS, 255 - COLORS, np.zeros_like(INSIDE)) is COLORS
