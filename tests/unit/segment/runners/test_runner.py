import numpy as np
import pytest

from services.common.errors import InvalidInput, ModelUnavailable
from services.segment.preprocess import to_batch
from services.segment.runners.choice import check_picture, open_onnxruntime, open_openvino

BATCH = to_batch(check_picture((96, 96)), (96, 96))


@pytest.fixture(params=["openvino", "onnxruntime"])
def open_one(request, tmp_path):
    """Opens a network with either library."""
    if request.param == "openvino":
        return lambda path: open_openvino(path, 1, tmp_path)
    return lambda path: open_onnxruntime(path, 1)


def test_both_libraries_agree(tiny_network, tmp_path):
    masks = [
        runner.run(BATCH) for runner in (open_openvino(tiny_network, 1, tmp_path), open_onnxruntime(tiny_network, 1))
    ]
    assert masks[1].max() - masks[1].min() > 0.9
    assert np.abs(masks[0] - masks[1]).max() < 0.1


def test_first_output_is_the_mask(open_one, tiny_network):
    runner = open_one(tiny_network)
    assert runner.input_hw == (96, 96)
    assert runner.run(BATCH).shape == (1, 1, 96, 96)
    assert runner.run(BATCH).dtype == np.float32


def test_next_pass_does_not_overwrite_the_last_ones_mask(open_one, tiny_network):
    runner = open_one(tiny_network)
    first = runner.run(BATCH)
    kept = first.copy()
    runner.run(-BATCH)
    assert np.array_equal(first, kept)


def test_file_that_is_no_network_is_told(open_one, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(ModelUnavailable, match="can't load"):
        open_one(tmp_path / "broken.onnx")


def test_batch_of_another_size_is_an_error(open_one, tiny_network):
    with pytest.raises(InvalidInput, match="wanted is float32 of 1 x 3 x 96 x 96"):
        open_one(tiny_network).run(np.zeros((1, 3, 32, 32), np.float32))
