import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.postprocess.composite import composite
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.view import view
from services.postprocess.product import Product
from tests.support.drawn_products import Bag, backgrounds

SIZE = 192
PRODUCT = Bag(SIZE).product()
PLATE = backgrounds(SIZE)["noise"]
PICTURE = composite(PLATE, PRODUCT)


def evidence(**changed: object) -> Evidence:
    parts = {"picture": PICTURE, "product": PRODUCT, "backdrop": PLATE, "harmonized": False, "confidence": 0.9}
    return Evidence(**(parts | changed))  # type: ignore[arg-type] # by name


def test_view_at_full_size_holds_the_canvas_own_bytes() -> None:
    seen = view(evidence(), 1024)
    part = PICTURE[seen.top : seen.top + seen.picture.shape[0], seen.left : seen.left + seen.picture.shape[1]]
    assert seen.scale == 1
    assert np.array_equal(seen.picture, part)
    assert np.array_equal(seen.picture[seen.inside], seen.expected[seen.inside])


@pytest.mark.parametrize("longest_px", [96, 64, 33])
def test_reduced_product_is_still_the_pictures_own(longest_px: int) -> None:
    seen = view(evidence(), longest_px)
    assert max(seen.picture.shape[:2]) == longest_px
    assert np.abs(seen.picture[seen.inside].astype(int) - seen.expected[seen.inside]).max() <= 1


@pytest.mark.parametrize("step", [2, 3, 4])
def test_quick_view_keeps_pixels_as_they_are(step: int) -> None:
    careful = view(evidence(), 1024)
    quick = view(evidence(), max(careful.picture.shape[:2]) // step + 1, quick=True)
    kept = np.s_[step // 2 :: step, step // 2 :: step]
    assert quick.scale == 1 / step
    for name in ("picture", "expected", "coverage", "inside", "backdrop"):
        assert np.array_equal(getattr(quick, name), getattr(careful, name)[kept]), name


def test_edges_are_looked_at_without_shadow_where_that_was_given() -> None:
    dark = PICTURE // 2
    seen = view(evidence(picture=dark, backdrop=None, unshaded=PICTURE), 1024)
    assert np.array_equal(seen.outside, view(evidence(), 1024).picture)
    assert np.array_equal(seen.picture, view(evidence(picture=dark), 1024).picture)


def test_place_in_a_reduced_view_is_found_on_the_canvas() -> None:
    marked = PICTURE.copy()
    marked[120:124, 80:84] = 0
    seen, before = view(evidence(picture=marked), 64), view(evidence(), 64)
    darker = before.picture.astype(int).sum(axis=-1) - seen.picture.astype(int).sum(axis=-1)
    row, column = np.unravel_index(np.argmax(darker), darker.shape)
    place = seen.on_canvas((int(row), int(column)))
    assert place is not None
    assert np.hypot(place[0] - 122, place[1] - 82) < 5


def test_product_of_scattered_opaque_pixels_is_still_the_pictures_own_when_reduced_twice() -> None:
    """A cutout that is not sure of its product leaves single opaque pixels, of which a reduced one holds little."""
    core = np.random.default_rng(1).random((SIZE, SIZE)) < 0.05
    color = np.full((SIZE, SIZE, 3), 200, np.uint8)
    product = Product(Box(0, 0, SIZE, SIZE), np.where(core, OPAQUE, OPAQUE // 4).astype(np.uint16), color, core, "none")
    dark = np.zeros_like(color)
    seen = view(evidence(picture=composite(dark, product), product=product, backdrop=dark), 24).reduced(10)
    assert seen.inside.any()
    assert np.abs(seen.picture[seen.inside].astype(int) - seen.expected[seen.inside]).max() <= 1
