"""Cutouts over backgrounds and on other canvases."""

import numpy as np
import pytest

from services.codecs.png import encode_png
from services.common.errors import Internal
from services.common.geometry import Box
from services.common.srgb import to_bytes
from services.gateway.compat import drawing
from services.gateway.compat.arrangement import Arrangement

BOX = Box(20, 30, 40, 60)


@pytest.fixture
def cutout():
    """A red block with a half-covered row on top."""
    picture = np.zeros((100, 120, 4), np.uint8)
    picture[BOX.slices()] = (200, 30, 30, 255)
    picture[BOX.top, BOX.left : BOX.right, 3] = 128
    return picture


def test_cutout_is_read_as_it_was_written(cutout):
    assert np.array_equal(drawing.read_cutout(encode_png(cutout)), cutout)


def test_what_is_no_cutout_is_our_fault():
    with pytest.raises(Internal):
        drawing.read_cutout(encode_png(np.zeros((9, 9, 3), np.uint8)))


def test_unchanged_frame_keeps_every_byte(cutout):
    placement = Arrangement().placed((100, 120), BOX)
    assert np.array_equal(drawing.arranged(cutout, placement), cutout)


def test_moved_product_keeps_its_bytes(cutout):
    placement = Arrangement(position=(0.0, 0.0)).placed((100, 120), BOX)
    moved = drawing.arranged(cutout, placement)
    assert np.array_equal(moved[:40, :60], cutout[BOX.slices()])
    assert moved[40:].max() == moved[:, 60:].max() == 0


def test_smaller_product_keeps_its_colour_to_the_edge(cutout):
    placement = Arrangement(max_pixels=3000).placed((100, 120), BOX)
    small = drawing.arranged(cutout, placement)
    covered = small[..., 3] > 0
    assert np.abs(small[covered][:, :3].astype(int) - (200, 30, 30)).max() <= 1


@pytest.mark.parametrize("scale", [0.4, 1.3])
def test_picture_made_in_bands_is_the_same(cutout, scale):
    placement = Arrangement(scale=scale * 0.5, position=(0.3, 0.9)).placed((100, 120), BOX)
    whole, bands = (drawing.arranged(cutout, placement, band_px) for band_px in (10**9, 1))
    assert np.abs(whole.astype(int) - bands).max() <= 1


def test_edges_mix_as_light(cutout):
    white = drawing.over(cutout, drawing.plain((100, 120), (255, 255, 255, 255)))
    assert np.array_equal(white[0, 0], (255, 255, 255, 255))
    assert np.array_equal(white[BOX.top + 5, BOX.left], (200, 30, 30, 255))
    black = drawing.plain((1, 1), (0, 0, 0, 255))
    half = drawing.over(np.array([[[255, 255, 255, 128]]], np.uint8), black)
    assert half[0, 0, 0] == to_bytes(np.array([128 / 255], np.float32))[0]


def test_background_may_be_seen_through(cutout):
    mixed = drawing.over(cutout, drawing.plain((100, 120), (0, 255, 0, 100)))
    assert tuple(mixed[0, 0]) == (0, 255, 0, 100)
    assert mixed[BOX.top + 5, BOX.left, 3] == 255


@pytest.mark.parametrize("size_hw", [(50, 50), (300, 100), (7, 300)])
def test_background_image_fills_the_canvas_from_its_middle(size_hw):
    stripes = np.zeros((90, 90, 3), np.uint8)
    stripes[:, 30:60] = 255
    filled = drawing.covering(stripes, size_hw)
    assert filled.shape == (*size_hw, 4)
    assert filled[size_hw[0] // 2, size_hw[1] // 2, 0] == 255


def test_colours_go_on_beyond_the_edge(cutout):
    assert np.array_equal(drawing.spread(cutout), np.full((100, 120, 3), (200, 30, 30), np.uint8))
    assert drawing.spread(np.zeros((4, 4, 4), np.uint8)).max() == 0


def test_colours_go_on_across_bands():
    picture = np.zeros((200, 90, 4), np.uint8)
    picture[80:120, 40:60] = (10, 200, 90, 255)
    near = np.zeros((200, 90), bool)
    near[80 - 45 : 120 + 45, 40 - 45 : 60 + 45] = True
    assert np.array_equal(np.unique(drawing.spread(picture, band_px=900)[near], axis=0), [(10, 200, 90)])
