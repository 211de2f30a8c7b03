"""A garment off its mannequin, with the drawn truth in the network's place."""

import cv2
import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.evaluation.cutting import Cutting
from services.evaluation.truth.network import TruthNetwork
from services.segment.schema import SegmentRequest, Selection
from services.segment.worn import without_mannequin
from tests.support.worn import NECK, worn_top

GHOST = Selection(ghost_mannequin=True)


@pytest.fixture(scope="module")
def cutting(tmp_path_factory):
    return Cutting(1, tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="module")
def top():
    """At three times the size, whose edges are soft."""
    image, region, cloth = worn_top()
    wide = (192 * 3, 256 * 3)
    parts = (cv2.resize(part.astype(np.float32), wide, interpolation=cv2.INTER_CUBIC) for part in (region, cloth))
    return (cv2.resize(image, wide, interpolation=cv2.INTER_CUBIC), *(np.clip(part, 0, 1) for part in parts))


def cut(cutting, photo, seen, selection, alpha=None):
    network = TruthNetwork(photo, seen, grid=256)
    return cutting.segmenter(network).run(SegmentRequest(photo, alpha=alpha, selection=selection), Deadline())


@pytest.mark.parametrize("arrives", ["as a photo", "cut out"])
def test_garment_is_cut_out_without_its_mannequin(cutting, top, arrives):
    photo, seen, cloth = top
    alpha = None if arrives == "as a photo" else np.round(seen * 255).astype(np.uint8)
    result = cut(cutting, photo, seen, GHOST, alpha)
    assert np.abs(result.alpha / OPAQUE - cloth).mean() < 0.01
    assert result.mannequin_confidence > 0.5
    assert result.box.top > 60 * 3


def test_photo_from_before_tells_how_it_was_taken(cutting, top):
    photo, seen, _ = top
    whole = cut(cutting, photo, seen, GHOST).whole
    assert whole[int(26 * whole.shape[0] / 256), int(96 * whole.shape[1] / 192)] == OPAQUE


def test_edge_beside_the_mannequin_has_the_cloths_colour(cutting, top):
    photo, seen, _ = top
    result = cut(cutting, photo, seen, GHOST)
    collar = np.s_[70 * 3 : 82 * 3, 80 * 3 : 112 * 3]
    mixed = (result.alpha[collar] > 0.2 * OPAQUE) & (result.alpha[collar] < 0.9 * OPAQUE)
    assert mixed.any()
    assert np.abs(result.foreground[collar][mixed].astype(int) - (170, 40, 45)).mean() < 12


def test_product_keeps_its_mannequin_where_nobody_asks(cutting, top):
    photo, seen, _ = top
    result = cut(cutting, photo, seen, None)
    assert result.mannequin_confidence is None
    assert result.alpha[NECK[0] * 3, NECK[1] * 3] == OPAQUE


def test_outside_follows_what_is_nearest():
    image, region, _ = worn_top()
    worn = without_mannequin(image, region, GHOST)
    assert worn.garment[110, 20] == 1
    assert worn.garment[26, 60] == 0
