import pytest

from services.common.errors import ModelUnavailable
from services.generate.upscale.network import UpscalingNetwork
from tests.support.tiny_upscaler import PARAM, REACH_PX, SCALE, weights, write_upscaler


def test_network_knows_how_much_it_enlarges_and_how_far_it_sees(tmp_path):
    network = UpscalingNetwork.read(write_upscaler(tmp_path))
    assert (network.scale, network.reach_px) == (SCALE, REACH_PX)


@pytest.mark.parametrize(
    ("param", "data"),
    [
        (PARAM.replace("PReLU", "Sigmoid"), weights()),
        (PARAM.replace("4=1 5=1 6=108", "3=2 4=1 5=1 6=108"), weights()),
        (PARAM.replace("Interp larger 1 1 e f 0=1", "Interp larger 1 1 e f 0=2"), weights()),
        (PARAM.replace("6=108", "6=999999999"), weights()),
        (PARAM.replace("1 1 b c", "1 1 nowhere c"), weights()),
        (PARAM.replace("PixelShuffle shuffled 1 1 g h 0=2", "PixelShuffle shuffled 1 1 g h 0=7"), weights()),
        (PARAM, weights()[:-1]),
        (PARAM, weights() + b"more"),
        (PARAM, b"\x01" + weights()[1:]),
        (PARAM, b""),
    ],
    ids=["kind", "stride", "bilinear", "huge", "tensor", "shuffle", "short", "long", "type", "empty"],
)
def test_files_that_make_no_such_network_are_refused(tmp_path, param, data):
    with pytest.raises(ModelUnavailable):
        UpscalingNetwork.read(write_upscaler(tmp_path, param, data))


def test_folder_without_both_files_is_refused(tmp_path):
    write_upscaler(tmp_path).joinpath("tiny.bin").unlink()
    with pytest.raises(ModelUnavailable, match=r"one \.param and one \.bin"):
        UpscalingNetwork.read(tmp_path)
