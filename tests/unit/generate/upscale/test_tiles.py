import numpy as np
import pytest
import torch

from services.common.errors import Cancelled
from services.generate.upscale.in_torch import TorchNetwork
from services.generate.upscale.network import UpscalingNetwork
from services.generate.upscale.tiles import enlarge_in_tiles
from tests.support.tiny_upscaler import REACH_PX, SCALE, write_upscaler

PICTURE = np.random.default_rng(5).integers(0, 256, (53, 70, 3), np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return UpscalingNetwork.read(write_upscaler(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def compute(network):
    return lambda planes: TorchNetwork(network)(torch.from_numpy(planes)).numpy()


def repeated(planes):
    """What a network would make that draws no detail."""
    return planes.repeat(SCALE, 2).repeat(SCALE, 3)


def test_every_pixel_comes_to_its_place():
    large = enlarge_in_tiles(PICTURE, repeated, SCALE, overlap_px=2, tile_px=16)
    assert np.array_equal(large, PICTURE.repeat(SCALE, 0).repeat(SCALE, 1))


@pytest.mark.parametrize("tile_px", [8, 23, 64])
def test_tiles_that_overlap_as_far_as_the_network_sees_are_the_whole(compute, tile_px):
    whole = enlarge_in_tiles(PICTURE, compute, SCALE, REACH_PX, tile_px=100).astype(int)
    tiled = enlarge_in_tiles(PICTURE, compute, SCALE, REACH_PX, tile_px=tile_px)
    assert np.abs(whole - tiled).max() <= 1


def test_tiles_that_overlap_less_are_not(compute):
    whole = enlarge_in_tiles(PICTURE, compute, SCALE, REACH_PX, tile_px=100).astype(int)
    assert np.abs(whole - enlarge_in_tiles(PICTURE, compute, SCALE, 0, tile_px=23)).max() > 1


def test_network_is_never_shown_more_than_a_tile_and_its_overlap():
    shown = []

    def watch(planes):
        shown.append(planes.shape)
        return repeated(planes)

    enlarge_in_tiles(np.zeros((300, 90, 3), np.uint8), watch, SCALE, overlap_px=5, tile_px=32)
    assert max(max(shape[2:]) for shape in shown) <= 32 + 2 * 5
    assert len(shown) == 10 * 3


def test_work_ends_before_the_next_tile_when_told():
    done = []

    def check():
        done.append(1)
        if len(done) == 3:
            raise Cancelled("the caller left")

    with pytest.raises(Cancelled):
        enlarge_in_tiles(PICTURE, repeated, SCALE, 2, check, tile_px=16)
    assert len(done) == 3


def test_smallest_picture_has_a_mirror_image_too(compute):
    assert enlarge_in_tiles(PICTURE[:1, :1], compute, SCALE, REACH_PX).shape == (SCALE, SCALE, 3)
