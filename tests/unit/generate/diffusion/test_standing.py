import numpy as np
import pytest

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.common.placement import Placement
from services.generate.diffusion.standing import StandingProduct
from services.segment.schema import SegmentResult
from tests.support.diffusion import soft_picture

CROP = Box(10, 20, 40, 30)


def cutout():
    alpha = np.zeros((80, 90), np.uint16)
    alpha[CROP.slices()] = OPAQUE
    return SegmentResult(alpha, soft_picture(2, (80, 90)), CROP, 0.9, "fake 1", 0.1)


def placed(scale, top, left, canvas_hw=(100, 120)):
    return StandingProduct.placed(cutout(), Placement(canvas_hw, CROP, top, left, scale, CROP))


def test_pixels_at_their_own_scale_are_the_photos():
    product = placed(1.0, 30, 40)
    assert np.array_equal(product.foreground[30:70, 40:70], cutout().foreground[CROP.slices()])
    assert (product.alpha[30:70, 40:70] == OPAQUE).all()
    assert product.alpha.sum() == OPAQUE * CROP.height * CROP.width


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.7, 2.0])
def test_scaled_product_covers_its_own_area_around_its_own_middle(scale):
    alpha = placed(scale, 10, 20).alpha / OPAQUE
    assert alpha.sum() == pytest.approx(CROP.height * CROP.width * scale**2, rel=0.08)
    rows, columns = np.indices(alpha.shape)
    middle = (rows * alpha).sum() / alpha.sum() + 0.5, (columns * alpha).sum() / alpha.sum() + 0.5
    assert middle == pytest.approx((10 + CROP.height * scale / 2, 20 + CROP.width * scale / 2), abs=0.5)


@pytest.mark.parametrize(("top", "left"), [(-15, -10), (90, 110), (-200, 0)])
def test_what_lies_outside_is_cut_off(top, left):
    product = placed(1.0, top, left)
    seen = Box(top, left, CROP.height, CROP.width).clipped((100, 120))
    assert product.size_hw == (100, 120)
    assert np.count_nonzero(product.alpha) == max(0, seen.height) * max(0, seen.width)
