import hashlib
import struct

import numpy as np
import pytest

from services.postprocess.composite import composite
from services.postprocess.proof import core_digest, picture_digest, product_digest
from tests.support.products import product_of


def disc() -> np.ndarray:
    y, x = np.mgrid[:40, :50]
    return np.hypot(y - 20, x - 22) < 11


def test_digest_is_what_its_definition_says() -> None:
    picture = np.random.default_rng(5).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    core = np.zeros((6, 7), bool)
    core[1, 2] = core[1, 4] = core[3, 3] = True
    pixels = bytes(picture[1, 2]) + bytes(picture[1, 4]) + bytes(picture[3, 3])
    expected = hashlib.sha256(b"vitrine-core-1\n" + struct.pack(">5Q", 1, 2, 3, 3, 3) + pixels).hexdigest()
    assert core_digest(picture, core).sha256 == expected
    assert core_digest(picture, core).area_px == 3


def test_digest_of_the_picture_equals_the_products_when_nothing_changed() -> None:
    product = product_of(disc())
    picture = composite(np.full((40, 50, 3), 240, np.uint8), product)
    assert picture_digest(picture, product) == product_digest(product)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_level_in_one_core_pixel_changes_the_digest(channel: int) -> None:
    product = product_of(disc())
    picture = composite(np.full((40, 50, 3), 240, np.uint8), product)
    picture[20, 22, channel] += 1
    assert picture_digest(picture, product) != product_digest(product)


def test_pixels_beside_the_core_do_not_count() -> None:
    product = product_of(disc())
    one, other = (composite(np.full((40, 50, 3), level, np.uint8), product) for level in (0, 255))
    assert picture_digest(one, product) == picture_digest(other, product)


def test_place_on_the_canvas_counts() -> None:
    core, pixels = np.ones((2, 2), bool), np.zeros((2, 2, 3), np.uint8)
    assert core_digest(pixels, core, top=1) != core_digest(pixels, core, top=2)


def test_empty_core_has_a_digest_and_no_area() -> None:
    assert core_digest(np.zeros((3, 3, 3), np.uint8), np.zeros((3, 3), bool)).area_px == 0
