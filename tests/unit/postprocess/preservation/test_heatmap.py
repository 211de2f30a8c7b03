import cv2
import numpy as np

from services.postprocess.composite import composite
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.heatmap import heat, heat_layer
from tests.support.drawn_products import Bag, backgrounds

SIZE = 192
PRODUCT = Bag(SIZE).product()
PLATE = backgrounds(SIZE)["gray"]
PICTURE = composite(PLATE, PRODUCT)


def test_unchanged_product_is_cold() -> None:
    assert heat(Evidence(PICTURE, PRODUCT, PLATE, harmonized=False, confidence=1)).max() < 0.05


def test_changed_colour_is_hot_where_it_changed() -> None:
    other = PICTURE.copy()
    other[130:140, 90:100] = (20, 120, 40)
    found = heat(Evidence(other, PRODUCT, PLATE, harmonized=False, confidence=1))
    assert found.shape == PICTURE.shape[:2]
    assert found[130:140, 90:100].min() == 1
    assert found[:80].max() < 0.05


def test_ghost_is_hot_beside_the_product() -> None:
    ghostly = PLATE.copy()
    cv2.rectangle(ghostly, (38, 100), (44, 130), (176, 52, 44), -1)
    found = heat(Evidence(composite(ghostly, PRODUCT), PRODUCT, PLATE, harmonized=False, confidence=1))
    assert found[110:120, 38:42].max() > 0.8
    assert found[110:120, 150:160].max() < 0.05


def test_layer_is_transparent_where_nothing_changed() -> None:
    layer = heat_layer(np.array([[0, 0.01, 0.5, 1]], np.float32))
    assert layer[0, :, 3].tolist()[:2] == [0, 0]
    assert 0 < layer[0, 2, 3] < layer[0, 3, 3] <= 255
    assert layer[0, 3, :3].sum() > layer[0, 2, :3].sum()
