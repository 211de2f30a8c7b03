import numpy as np
import pytest

from services.common.camera import Camera
from services.common.geometry import Box
from services.common.pose import Pose
from services.postprocess.contact import contact_occlusion
from tests.support.products import block, product_of

SIZE = (200, 200)
VIEW = Camera(SIZE, 20.0, 30.0, (140.0, 100.0), 300.0)


def on_canvas(mask: np.ndarray, pose: Pose) -> np.ndarray:
    dark = np.zeros(SIZE)
    part, box = contact_occlusion(product_of(mask), VIEW, pose)
    dark[box.slices()] = part
    return dark


def test_contact_is_darkest_at_the_seam_and_fades_away_from_it() -> None:
    dark = on_canvas(block_mask(), Pose.STANDING)
    below = dark[150:175, 100]
    assert below[0] > 0.45
    assert (np.diff(below) <= 1e-4).all()
    assert below[-1] < 0.1


def test_contact_of_a_standing_product_is_at_its_foot_alone() -> None:
    dark = on_canvas(block_mask(), Pose.STANDING)
    assert dark[60, 75] < 0.02
    assert dark[150, 100] > 0.45


def test_contact_of_a_lying_product_is_all_around() -> None:
    dark = on_canvas(block_mask(), Pose.LYING)
    assert min(dark[100, 79], dark[100, 120], dark[49, 100], dark[150, 100]) > 0.2


def test_gap_under_a_bridge_is_open() -> None:
    mask = block_mask()
    mask[90:150, 88:112] = False
    dark = on_canvas(mask, Pose.STANDING)
    assert dark[150, 83] > 1.5 * dark[150, 100]


def test_contact_stays_on_the_canvas_and_between_nothing_and_all() -> None:
    product = block(SIZE, Box(150, 0, 50, 200))
    dark, box = contact_occlusion(product, VIEW, Pose.LYING)
    assert box.clipped(SIZE) == box
    assert dark.shape == (box.height, box.width)
    assert dark.min() >= 0
    assert dark.max() < 1


def test_contact_scales_with_the_product() -> None:
    sums = []
    for scale in (4, 8):
        canvas_hw = (SIZE[0] * scale, SIZE[1] * scale)
        view = Camera(canvas_hw, 20.0, 30.0, (140.0 * scale, 100.0 * scale), 300.0 * scale)
        product = block(canvas_hw, Box(50 * scale, 80 * scale, 100 * scale, 40 * scale))
        sums.append(contact_occlusion(product, view, Pose.STANDING)[0].sum() / scale**2)
    assert sums[0] == pytest.approx(sums[1], rel=0.1)


def block_mask() -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[50:150, 80:120] = True
    return mask
