import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.errors import Internal
from services.common.geometry import Box
from services.postprocess.composite import composite
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.product import Product
from tests.support.drawn_products import Bag, backgrounds

SIZE = 192
PRODUCT = Bag(SIZE).product()
PLATE = backgrounds(SIZE)["noise"]
PICTURE = composite(PLATE, PRODUCT)


def evidence(**changed: object) -> Evidence:
    parts = {"picture": PICTURE, "product": PRODUCT, "backdrop": PLATE, "harmonized": False, "confidence": 0.9}
    return Evidence(**(parts | changed))  # type: ignore[arg-type] # by name


@pytest.mark.parametrize("name", ["backdrop", "resegmented"])
def test_parts_of_another_size_are_refused(name: str) -> None:
    with pytest.raises(Internal, match="one size"):
        evidence(**{name: np.zeros((8, 9, 3), np.uint8)})


def test_product_outside_the_picture_is_refused() -> None:
    alpha = np.full((8, 8), OPAQUE, np.uint16)
    outside = Product(Box(SIZE - 4, 0, 8, 8), alpha, np.zeros((8, 8, 3), np.uint8), alpha == OPAQUE, "none")
    with pytest.raises(Internal, match="outside"):
        evidence(product=outside)
