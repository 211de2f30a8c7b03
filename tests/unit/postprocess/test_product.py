import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from services.common.alpha import OPAQUE
from services.common.errors import Internal
from services.common.geometry import Box
from services.common.placement import Placement
from services.common.srgb import to_linear
from services.postprocess.product import Product, place_product
from services.segment.schema import SegmentResult
from tests.support.products import soft_disc

CANVAS = (200, 140)


def placed(scale: float = 1.0, top: int = 10, left: int = 12, crop: Box | None = None) -> Product:
    image, cutout = soft_disc()
    crop = crop or Box(10, 10, 76, 76)
    return place_product(image, cutout, Placement(CANVAS, crop, top, left, scale, crop))


@given(
    arrays.arrays(np.uint8, (20, 24, 3)),
    arrays.arrays(np.uint16, (20, 24), elements=st.sampled_from([0, 1, 30000, 65534, 65535])),
    st.integers(-10, 30),
    st.integers(-10, 30),
)
def test_core_at_scale_one_is_the_photos_bytes_where_alpha_is_full(
    image: np.ndarray, alpha: np.ndarray, top: int, left: int
) -> None:
    whole = Box(0, 0, 20, 24)
    cutout = SegmentResult(alpha, 255 - image, whole, 1.0, "drawn", 0.0)
    product = place_product(image, cutout, Placement((40, 40), whole, top, left, 1.0, whole))
    seen = (
        slice(product.box.top - top, product.box.bottom - top),
        slice(product.box.left - left, product.box.right - left),
    )
    assert product.resampling == "none"
    assert np.array_equal(product.core, alpha[seen] == OPAQUE)
    assert np.array_equal(product.color[product.core], image[seen][product.core])
    assert np.array_equal(product.color[~product.core], (255 - image)[seen][~product.core])


@pytest.mark.parametrize(
    ("scale", "resampling"), [(0.5, "area"), (0.73, "area"), (1.4, "lanczos4"), (1.01, "lanczos4")]
)
def test_resampling_is_declared_and_changes_the_size(scale: float, resampling: str) -> None:
    product = placed(scale, 0, 0)
    assert product.resampling == resampling
    assert product.box == Box(0, 0, round(76 * scale), round(76 * scale))


@pytest.mark.parametrize("scale", [0.4, 0.73, 1.3, 2.5])
def test_core_of_a_resampled_product_is_opaque_and_free_of_the_old_background(scale: float) -> None:
    image, cutout = soft_disc()
    crop, canvas = Box(0, 0, 96, 96), (300, 300)
    repainted = np.where((cutout.alpha == OPAQUE)[..., None], image, 255 - image)
    one, other = (
        place_product(photo, replace(cutout, foreground=image), Placement(canvas, crop, 0, 0, scale, crop))
        for photo in (image, repainted)
    )
    assert one.core.sum() > 0.5 * np.pi * (28 * scale) ** 2
    assert (one.alpha[one.core] == OPAQUE).all()
    assert np.array_equal(one.color[one.core], other.color[other.core])


@pytest.mark.parametrize("scale", [0.31, 0.5, 0.9, 1.7])
def test_resampled_alpha_keeps_the_area(scale: float) -> None:
    _, cutout = soft_disc()
    crop = Box(0, 0, 96, 96)
    product = place_product(np.zeros((96, 96, 3), np.uint8), cutout, Placement((200, 200), crop, 0, 0, scale, crop))
    covered = product.coverage().mean() * 96**2
    assert covered == pytest.approx(cutout.alpha.sum() / OPAQUE, rel=0.01)


@pytest.mark.parametrize("scale", [0.37, 0.8, 1.6])
def test_one_coloured_product_keeps_its_colour_up_to_the_edge(scale: float) -> None:
    image, cutout = soft_disc()
    image[:] = 0
    image[cutout.alpha > 0] = (200, 90, 30)
    crop = Box(0, 0, 96, 96)
    product = place_product(image, replace(cutout, foreground=image), Placement((200, 200), crop, 0, 0, scale, crop))
    visible = product.alpha > 0.05 * OPAQUE
    assert np.abs(product.color[visible].astype(int) - (200, 90, 30)).max() <= 2


def test_halving_averages_light_not_bytes() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[:, ::2] = 255
    whole = Box(0, 0, 32, 32)
    cutout = SegmentResult(np.full((32, 32), OPAQUE, np.uint16), image, whole, 1.0, "drawn", 0.0)
    product = place_product(image, cutout, Placement((16, 16), whole, 0, 0, 0.5, whole))
    assert (product.color == 188).all()
    assert to_linear(product.color).mean() == pytest.approx(0.5, abs=0.005)


def test_product_over_the_canvas_edge_is_clipped_to_it() -> None:
    product = placed(top=-20, left=100)
    assert product.box == Box(0, 100, 56, 40)
    assert product.alpha.shape == (56, 40)


@pytest.mark.parametrize("scale", [0.31, 0.5, 0.77, 1.3, 2.0, 3.7])
@pytest.mark.parametrize(("top", "left"), [(-9, -14), (-20, 3), (0, 1)])
def test_what_the_canvas_shows_of_a_resampled_product_is_a_part_of_the_whole(scale: float, top: int, left: int) -> None:
    image, cutout = soft_disc()
    crop = Box(3, 2, 89, 91)
    shown = place_product(image, cutout, Placement((60, 70), crop, top, left, scale, crop))
    whole = place_product(image, cutout, Placement((400, 400), crop, 0, 0, scale, crop))
    part = Box(shown.box.top - top, shown.box.left - left, shown.box.height, shown.box.width).slices()
    assert np.array_equal(shown.core, whole.core[part])
    assert np.abs(shown.alpha.astype(int) - whole.alpha[part]).max() <= 1
    assert np.array_equal(shown.color, whole.color[part])


def test_enlarging_a_large_photo_for_a_small_canvas_takes_memory_for_the_canvas() -> None:
    image = np.zeros((1500, 1500, 3), np.uint8)
    crop = Box(0, 0, 1500, 1500)
    cutout = SegmentResult(np.full((1500, 1500), OPAQUE, np.uint16), image, crop, 1.0, "drawn", 0.0)
    tracemalloc.start()
    try:
        place_product(image, cutout, Placement((64, 64), crop, -3000, -3000, 4.0, Box(0, 0, 64, 64)))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The whole, in float32, would take 432 MB.
    assert peak_bytes < 40e6


def test_product_outside_the_canvas_is_refused() -> None:
    with pytest.raises(Internal, match="outside"):
        placed(top=500)


def test_cutout_of_another_size_is_refused() -> None:
    image, cutout = soft_disc()
    with pytest.raises(Internal, match="one size"):
        place_product(image[:-1], cutout, Placement(CANVAS, Box(0, 0, 9, 9), 0, 0, 1.0, Box(0, 0, 9, 9)))
