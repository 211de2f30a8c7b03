import numpy as np

from services.segment.region import find_region


def test_nothing_above_half_is_no_region():
    assert not find_region(np.full((64, 64), 0.49, np.float32)).any()


def test_mask_everywhere_above_half_is_all_region():
    assert find_region(np.full((64, 64), 0.51, np.float32)).all()


def test_dust_is_dropped(disc):
    mask = disc((128, 128), 40)
    mask[2:4, 2:4] = 1
    region = find_region(mask)
    assert not region[:6, :6].any()
    assert region[64, 64]


def test_pair_of_pieces_is_kept(disc):
    mask = disc((128, 128), 20, (64, 30)) + disc((128, 128), 18, (64, 95))
    region = find_region(mask)
    assert region[64, 30]
    assert region[64, 95]


def test_hole_that_the_network_is_sure_of_stays_open(disc):
    mask = disc((128, 128), 40) - disc((128, 128), 15)
    assert not find_region(mask)[64, 64]


def test_hole_where_the_network_hesitates_is_filled(disc):
    mask = disc((128, 128), 40) - 0.6 * disc((128, 128), 4)
    assert find_region(mask)[64, 64]


def test_large_hole_that_is_hardly_product_stays_open(disc):
    mask = disc((128, 128), 40) - 0.6 * disc((128, 128), 15)
    assert not find_region(mask)[64, 64]


def test_large_hole_that_is_nearly_product_is_filled(disc):
    mask = disc((128, 128), 40) - 0.52 * disc((128, 128), 15)
    assert find_region(mask)[64, 64]


def test_bay_that_is_open_to_the_frame_is_not_filled(disc):
    mask = np.ones((128, 128), np.float32)
    mask[:60, 50:70] = 0.4
    assert not find_region(mask)[30, 60]
