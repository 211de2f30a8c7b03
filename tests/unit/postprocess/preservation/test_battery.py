from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.errors import DeadlineExceeded
from services.common.geometry import Box
from services.common.srgb import to_bytes, to_linear
from services.postprocess.composite import composite
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.reader import TextReader
from services.postprocess.preservation.report import Report
from services.postprocess.preservation.text import TextLine, summarised
from services.postprocess.preservation.thresholds import CRITERIA, Level, Thresholds
from services.postprocess.product import Product
from tests.support.drawn_products import Bag, backgrounds, over
from tests.support.products import block, product_of

SIZE = 256
BACKGROUNDS = backgrounds(SIZE)
BAG = Bag(SIZE)
COVERAGE, PRODUCT = BAG.coverage(), BAG.product()
ALPHA = np.round(COVERAGE * OPAQUE).astype(np.uint16)
BATTERY = Battery(TextReader(threads=1))


def report(
    picture: np.ndarray,
    plate: str = "gray",
    level: Level = Level.FULL,
    thresholds: Thresholds = Thresholds(),  # noqa: B008 - frozen
    **changed: object,
) -> Report:
    parts = {"product": PRODUCT, "backdrop": BACKGROUNDS[plate], "harmonized": True, "confidence": 0.9}
    evidence = Evidence(picture, **(parts | changed))  # type: ignore[arg-type] # by name
    return BATTERY.report(evidence, level, thresholds)


def names(found: Report) -> set[str]:
    return {measure.name for measure in found.failures}


def relit_bag() -> Product:
    light = np.linspace(0.92, 1.08, PRODUCT.box.width, dtype=np.float32)[None, :, None]
    return PRODUCT.recolored(to_bytes(to_linear(PRODUCT.color) * light))


@pytest.mark.parametrize("plate", list(BACKGROUNDS))
@pytest.mark.parametrize("level", list(Level))
def test_report_does_not_move_when_only_the_background_changes(plate: str, level: Level) -> None:
    found = report(composite(BACKGROUNDS[plate], PRODUCT), plate, level, harmonized=False, resegmented=ALPHA)
    assert found.passed
    assert [found.value(name) for name in ("core_changed", "color_spot")] == [0, 0]
    assert (found.value("ghost") or 0) < 0.02
    assert (found.value("width_p95") or 0) < 0.05
    assert (found.value("text_error") or 0) == 0


@pytest.mark.parametrize("plate", ["white", "gradient", "noise", "brick"])
def test_light_that_was_adapted_is_no_change(plate: str) -> None:
    assert names(report(composite(BACKGROUNDS[plate], relit_bag()), plate)) == set()


@pytest.mark.parametrize("plate", ["white", "gray", "noise", "brick"])
def test_report_moves_when_the_strap_is_thickened_by_a_tenth(plate: str) -> None:
    thick = replace(BAG, strap_px=BAG.strap_px * 1.1)
    found = report(over(BACKGROUNDS[plate], thick.coverage(), thick.colors()), plate)
    assert "width_median" in names(found)
    assert found.value("width_median") == pytest.approx(0.4, abs=0.05)


def test_report_moves_when_the_whole_product_is_thickened_by_a_tenth() -> None:
    thick = replace(BAG, grown_px=0.05 * 0.44 * SIZE)
    found = report(over(BACKGROUNDS["gray"], thick.coverage(), thick.colors()), level=Level.BASIC)
    assert {"ghost", "halo"} <= names(found)


@pytest.mark.parametrize("level", list(Level))
def test_report_moves_when_one_letter_is_changed(level: Level) -> None:
    other = replace(BAG, lines=("VITRIHE", "No. 48"))
    found = report(over(BACKGROUNDS["gray"], COVERAGE, other.colors()), level=level)
    assert {"color_spot", "structure_spot"} <= names(found)
    assert ("text_exact" in names(found)) == (level is Level.FULL)
    worst = next(measure.worst_yx for measure in found.failures if measure.name == "structure_spot")
    assert worst is not None
    assert 110 < worst[0] < 150


@pytest.mark.parametrize("level", list(Level))
def test_report_moves_when_hue_turns_by_five_degrees(level: Level) -> None:
    hsv = cv2.cvtColor(BAG.colors().astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 0] += 5
    turned = np.round(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)
    assert "color_mean" in names(report(over(BACKGROUNDS["gray"], COVERAGE, turned), level=level))


def test_report_moves_when_the_product_is_warped_by_a_pixel() -> None:
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    picture = composite(BACKGROUNDS["gray"], PRODUCT)
    warped = cv2.remap(picture, x + np.sin(y / 20), y + np.cos(x / 25), cv2.INTER_CUBIC)
    assert {"inner_shift", "structure", "ghost"} <= names(report(warped))


def test_one_changed_byte_of_the_core_is_told_in_exact_mode() -> None:
    picture = composite(BACKGROUNDS["gray"], PRODUCT)
    picture[180, 100] ^= 1
    found = report(picture, level=Level.BASIC, harmonized=False)
    changed = next(measure for measure in found.failures if measure.name == "core_changed")
    assert (changed.value, changed.worst_yx) == (1, (180, 100))
    assert found.core_before != found.core_after


def test_product_that_grew_when_cut_out_anew_is_told() -> None:
    grown = np.round(replace(BAG, grown_px=1).coverage() * OPAQUE).astype(np.uint16)
    strict = Thresholds({"boundary_iou": 0.98, "expansion": 0.15})
    found = report(composite(BACKGROUNDS["gray"], PRODUCT), thresholds=strict, resegmented=grown)
    assert {"boundary_iou", "expansion"} <= names(found)
    assert found.value("expansion") == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("level", list(Level))
def test_every_measure_of_a_level_is_taken_or_says_why_not(level: Level) -> None:
    found = Battery().report(
        Evidence(composite(BACKGROUNDS["own colour"], PRODUCT), PRODUCT, None, harmonized=True, confidence=0.9),
        level,
        Thresholds(),
    )
    own = [bar for bar in CRITERIA if not bar.name.startswith("recolour_")]
    wanted = {bar.name for bar in own if bar.level is Level.BASIC or level is Level.FULL}
    assert {measure.name for measure in found.measures} | set(found.unmeasured) == wanted


def test_moved_bar_decides() -> None:
    evidence = Evidence(composite(BACKGROUNDS["gray"], PRODUCT), PRODUCT, None, harmonized=False, confidence=0.5)
    assert Battery().report(evidence, Level.BASIC, Thresholds()).passed
    strict = Battery().report(evidence, Level.BASIC, Thresholds({"confidence": 0.6}))
    assert [measure.name for measure in strict.failures] == ["confidence"]


def test_reduced_picture_tells_ghosts_in_pixels_of_the_canvas() -> None:
    plate = np.full((1400, 1400, 3), 128, np.uint8)
    drawn = plate.copy()
    drawn[94:1306, 94:1306] = (180, 60, 40)
    product = block((1400, 1400), Box(100, 100, 1200, 1200))
    evidence = Evidence(composite(drawn, product), product, plate, harmonized=False, confidence=1)
    assert Battery().report(evidence, Level.BASIC, Thresholds()).value("ghost") == pytest.approx(6, abs=0.5)


def straps(color: tuple[int, int, int], size: int, width_px: int) -> tuple[np.ndarray, Product]:
    """Thin upright bars, far apart, and what they look like in a colour on grey."""
    mask = np.zeros((size, size), bool)
    for left in range(40, size - 40, 40):
        mask[40 : size - 40, left : left + width_px] = True
    product = product_of(mask, (200, 30, 30))
    return composite(np.full((size, size, 3), 200, np.uint8), product_of(mask, color)), product


@pytest.mark.parametrize("size", [300, 1200, 2900])
@pytest.mark.parametrize("width_px", [2, 3])
def test_thin_product_of_another_colour_is_told_at_once(size: int, width_px: int) -> None:
    picture, product = straps((30, 160, 30), size, width_px)
    plate = np.full_like(picture, 200)
    found = report(picture, level=Level.BASIC, product=product, backdrop=plate)
    assert {"color_mean", "color_p95", "color_spot"} <= names(found)


@pytest.mark.parametrize("size", [300, 1200])
def test_thin_product_that_stayed_passes(size: int) -> None:
    picture, product = straps((200, 30, 30), size, 2)
    found = report(picture, level=Level.BASIC, product=product, backdrop=np.full_like(picture, 200), harmonized=False)
    assert found.passed
    assert found.value("color_spot") == 0


def test_product_without_opaque_pixels_says_that_its_inside_was_not_measured() -> None:
    _, product = straps((200, 30, 30), 300, 2)
    sheer = replace(product, alpha=product.alpha // 2, core=np.zeros_like(product.core))
    plate = np.full((300, 300, 3), 200, np.uint8)
    found = report(composite(plate, sheer), level=Level.BASIC, product=sheer, backdrop=plate)
    assert {"color_mean", "color_p95", "color_spot", "structure", "structure_spot"} <= set(found.unmeasured)


def test_report_that_nobody_waits_for_ends() -> None:
    evidence = Evidence(composite(BACKGROUNDS["gray"], PRODUCT), PRODUCT, None, harmonized=False, confidence=0.5)
    with pytest.raises(DeadlineExceeded):
        Battery().report(evidence, Level.BASIC, Thresholds(), Deadline(at_s=0.0))


def test_report_looks_at_its_deadline_between_measures() -> None:
    looks = []

    class Watched(Deadline):
        def check(self) -> None:
            looks.append(1)

    found = report(composite(BACKGROUNDS["gray"], PRODUCT), level=Level.BASIC)
    evidence = Evidence(composite(BACKGROUNDS["gray"], PRODUCT), PRODUCT, None, harmonized=False, confidence=0.5)
    BATTERY.report(evidence, Level.BASIC, Thresholds(), Watched())
    assert len(looks) >= len(found.measures)


def test_print_too_low_to_be_read_for_certain_is_no_line_that_stayed() -> None:
    evidence = Evidence(composite(BACKGROUNDS["gray"], PRODUCT), PRODUCT, None, harmonized=False, confidence=0.5)
    low = summarised((TextLine("tiny", "tiny", np.zeros((4, 2), np.float32), 8.0, 0),))
    found = Battery().report(evidence, Level.FULL, Thresholds(), text=low)
    assert found.value("text_error") == 0
    assert "12 px" in found.unmeasured["text_exact"]


def test_lines_beyond_those_read_are_told_where_they_changed() -> None:
    evidence = Evidence(composite(BACKGROUNDS["gray"], PRODUCT), PRODUCT, None, harmonized=False, confidence=0.5)
    some = summarised((TextLine("all", "all", np.zeros((4, 2), np.float32), 20.0, 0),), unread=3)
    found = Battery().report(evidence, Level.FULL, Thresholds(), text=some)
    assert "3 of the lines" in found.unmeasured["text_exact"]
