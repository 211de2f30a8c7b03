"""Places are told on the canvas, and each of several products by itself."""

from dataclasses import replace

import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.placement import Placement
from services.postprocess.composite import composite
from services.postprocess.inspection import Inspection
from services.postprocess.instances import Instances
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.text import TextLine, summarised
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.segment.schema import Instance, SegmentResult
from tests.support.products import product_of

CANVAS = (300, 400)
LEFT, RIGHT = Box(120, 60, 90, 70), Box(130, 200, 80, 90)


def two_blocks(changed_yx=None):
    """Evidence of two red blocks on grey; at `changed_yx` a patch of the picture is blue."""
    mask = np.zeros(CANVAS, bool)
    mask[LEFT.slices()] = mask[RIGHT.slices()] = True
    product, grey = product_of(mask), np.full((*CANVAS, 3), 170, np.uint8)
    picture = composite(grey, product)
    if changed_yx:
        row, column = changed_yx
        picture[row - 6 : row + 7, column - 6 : column + 7] = (40, 60, 180)
    return Evidence(picture, product, grey, harmonized=False, confidence=0.9)


def labels():
    """As segmentation gives them, at a quarter of the size."""
    found = np.ones((CANVAS[0] // 4, CANVAS[1] // 4), np.uint8)
    found[:, 40:] = 2
    return found


def instances(scale=1.0, top=0, left=0):
    cutout = SegmentResult(
        np.zeros(CANVAS, np.uint16), np.zeros((*CANVAS, 3), np.uint8), LEFT, 0.9, "drawn", 0.0,
        (Instance(LEFT, 1, 0.8), Instance(RIGHT, 1, 0.7)), labels(),
    )  # fmt: skip
    placement = Placement(CANVAS, Box(0, 0, *CANVAS), top, left, scale, LEFT)
    return Instances.of(cutout, placement)


def reports(inspection, level=Level.BASIC):
    return inspection.reports(Battery(), level, Thresholds(), Deadline())


def test_worst_spot_is_told_on_the_canvas_by_picture_and_by_excerpt():
    whole = Inspection.of(two_blocks(changed_yx=(170, 230)))
    for inspection in (whole, whole.excerpt()):
        report = reports(inspection).whole
        worst = next(each.worst_yx for each in report.measures if each.name == "color_spot")
        assert worst == pytest.approx((170, 230), abs=4)


def test_excerpt_is_smaller_and_measures_the_same():
    whole = Inspection.of(two_blocks(changed_yx=(170, 230)))
    part = whole.excerpt()
    assert part.evidence.picture.size < whole.evidence.picture.size
    assert [each.value for each in reports(part).whole.measures] == [
        each.value for each in reports(whole).whole.measures
    ]


def test_heat_map_is_hot_where_the_product_changed_and_nowhere_else():
    heat_map = Inspection.of(two_blocks(changed_yx=(170, 230))).excerpt().heat_map()
    assert heat_map.shape == (*CANVAS, 4)
    rows, columns = np.nonzero(heat_map[..., 3])
    assert (np.ptp(rows), np.ptp(columns)) == (12, 12)
    assert (rows.mean(), columns.mean()) == pytest.approx((170, 230))


def test_each_product_has_a_report_of_its_own():
    found = reports(Inspection.of(two_blocks(changed_yx=(170, 230)), instances()))
    assert not found.passed
    first, second = found.instances
    assert first.passed
    assert {each.name for each in second.failures} >= {"core_changed", "color_spot"}
    assert (first.value("confidence"), second.value("confidence")) == (0.8, 0.7)


def test_products_that_are_kept_do_not_take_each_other_for_ghosts():
    found = reports(Inspection.of(two_blocks(), instances()))
    assert found.passed
    assert [each.value("ghost") for each in found.instances] == pytest.approx([0, 0], abs=1e-6)


def test_excerpt_keeps_the_products_apart():
    found = reports(Inspection.of(two_blocks(changed_yx=(170, 230)), instances()).excerpt())
    assert [each.passed for each in found.instances] == [True, False]


def test_alphas_of_single_products_add_up_to_the_alpha_of_all():
    found, product = instances(), two_blocks().product
    single = [found.alpha(product, number) for number in found.numbers]
    assert np.array_equal(sum(single), product.alpha)
    assert all(each.max() == OPAQUE for each in single)


def test_labels_follow_the_product_to_its_place():
    moved = instances(scale=0.5, top=30, left=100)
    border = 100 + 0.5 * 160
    assert np.array_equal(np.unique(moved.labels[:, : int(border)]), [1])
    assert np.array_equal(np.unique(moved.labels[:, int(border) :]), [2])


def test_single_product_has_no_instances():
    cutout = SegmentResult(np.zeros(CANVAS, np.uint16), np.zeros((*CANVAS, 3), np.uint8), LEFT, 0.9, "drawn", 0.0)
    placement = Placement(CANVAS, Box(0, 0, *CANVAS), 0, 0, 1.0, LEFT)
    assert Instances.of(cutout, placement) is None
    assert Instances.of(replace(cutout, instances=(Instance(LEFT, 1, 0.8),), labels=labels()), placement) is None


def test_print_is_read_once_and_counts_for_the_product_it_lies_on():
    class Reader:
        asked = 0

        def compare(self, before, after, deadline):
            self.asked += 1
            at = (RIGHT.top - before_top + 20, RIGHT.left - before_left + 20)
            box = np.tile(np.array(at, np.float32), (4, 1))
            return summarised((TextLine("SALE", "SOLE", box, 20.0, 1),))

    evidence = two_blocks()
    before_top, before_left = evidence.around().top, evidence.around().left
    reader = Reader()
    found = Inspection.of(evidence, instances()).reports(Battery(reader), Level.FULL, Thresholds(), Deadline())
    assert reader.asked == 1
    assert [each.value("text_exact") for each in (found.whole, *found.instances)] == [0, None, 0]
    place = next(each.worst_yx for each in found.instances[1].measures if each.name == "text_exact")
    assert place == (RIGHT.top + 20, RIGHT.left + 20)
