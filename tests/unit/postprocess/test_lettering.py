"""Print through the whole stage: found on the product, spared by adapted light, and no reason to complain."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.light import Finish, Light
from services.common.placement import Placement
from services.common.pose import Pose
from services.common.srgb import LUMINANCE, to_linear
from services.generate.schema import GenerateResult
from services.postprocess.composite import Composition
from services.postprocess.lettering import find_lettering
from services.postprocess.picture import compose
from services.postprocess.preservation.reader import TextReader
from services.postprocess.product import Product
from services.postprocess.restorer import Restorer
from services.postprocess.schema import Output, Preservation, RestoreRequest, Shadow
from services.segment.schema import SegmentResult
from tests.support.drawn_products import Bag
from tests.support.memory_blobs import MemoryBlobs

SIZE = 320
BAG = Bag(SIZE)
WHOLE = Box(0, 0, SIZE, SIZE)
CUTOUT = SegmentResult(np.round(BAG.coverage() * 65535).astype(np.uint16), BAG.colors(), WHOLE, 1.0, "drawn", 0.0)
REQUEST = RestoreRequest(
    BAG.colors(),
    Placement((SIZE, SIZE), WHOLE, 0, 0, 1.0, WHOLE),
    Camera((SIZE, SIZE), 10.0, 30.0, (280.0, 160.0), 500.0),
    Pose.HANGING,
    Shadow.NONE,
    Preservation.HARMONIZED,
    Output(ImageFormat.PNG, 90, "shots/print"),
)
LAMP = Light(-60.0, 30.0, 12.0, (1.0, 0.75, 0.4), (0.5, 0.4, 0.25))
PLATE = GenerateResult(
    np.full((SIZE, SIZE, 3), (250, 235, 200), np.uint8), LAMP, Finish(0.0, 1.0), "drawn", 0.0, clean=True
)


def drawn_in(light: tuple[float, float, float]) -> GenerateResult:
    """The plate by a generator that drew the product in that light."""
    alpha = BAG.coverage()[..., None]
    picture = PLATE.background * (1 - alpha) + np.clip(BAG.colors() * np.array(light), 0, 255) * alpha
    return replace(PLATE, background=np.round(picture).astype(np.uint8), clean=False)


SCENES = {"plate": PLATE, "drawing": drawn_in((0.75, 0.7, 0.62))}


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(threads=1)


def composed(scene: GenerateResult, reader: TextReader | None) -> Composition:
    return compose(REQUEST, BAG.product(), scene, Deadline(), reader)


def print_of(picture: np.ndarray) -> np.ndarray:
    """Mean linear colour of the strokes of the larger line."""
    strokes = (BAG.colors().min(axis=2) > 180) & (BAG.coverage() == 1)
    return np.asarray(to_linear(picture)[cv2.erode(strokes.astype(np.uint8), np.ones((2, 2))) > 0].mean(axis=0))


def chroma(light: np.ndarray) -> np.ndarray:
    return np.asarray(light / (light @ LUMINANCE))


def test_lines_of_print_are_found_where_they_are(reader: TextReader) -> None:
    product = BAG.product()
    boxes = find_lettering(product, reader)
    assert len(boxes) == 2
    for box, line in zip(sorted(boxes, key=lambda each: each.top), (140, 176), strict=True):
        assert box.top < line * SIZE / 256 - 5 < box.bottom
        assert product.box.top <= box.top < box.bottom <= product.box.bottom


def test_product_without_print_has_none(reader: TextReader) -> None:
    assert find_lettering(Bag(SIZE, lines=()).product(), reader) == ()


def test_product_without_core_has_none(reader: TextReader) -> None:
    bag = BAG.product()
    assert find_lettering(replace(bag, core=np.zeros_like(bag.core)), reader) == ()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_print_keeps_its_chroma_while_the_rest_takes_the_lights(scene: GenerateResult, reader: TextReader) -> None:
    own = chroma(print_of(BAG.colors()))
    spared, lit = (np.abs(chroma(print_of(composed(scene, each).picture)) - own).max() for each in (reader, None))
    assert spared < 0.25 * lit
    assert lit > 0.02


def test_luminance_of_print_follows_the_light_half_way(reader: TextReader) -> None:
    before = print_of(BAG.colors()) @ LUMINANCE
    half, full = (print_of(composed(SCENES["drawing"], each).picture) @ LUMINANCE for each in (reader, None))
    assert full < half < before
    assert (before - half) / (before - full) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_spared_print_is_no_change_to_the_report(scene: GenerateResult) -> None:
    result = Restorer(MemoryBlobs(), threads=1).shot(REQUEST, CUTOUT, scene, Deadline())
    assert result.reports.passed
    assert (result.reports.whole.value("color_p95") or 0) < 1


class Unwanted(TextReader):
    """Nobody should look."""

    def find(self, image: np.ndarray) -> tuple[Box, ...]:
        raise AssertionError("exact mode adapts nothing, and print need not be found")


def test_exact_mode_looks_for_no_print() -> None:
    product: Product = BAG.product()
    exact = replace(REQUEST, preservation=Preservation.EXACT)
    assert compose(exact, product, PLATE, Deadline(), Unwanted(threads=1)).lettering == ()
    with pytest.raises(AssertionError):
        compose(REQUEST, product, PLATE, Deadline(), Unwanted(threads=1))
