import hashlib

import numpy as np
import openvino
import pytest
from openvino import opset13

from services.common.errors import ModelUnavailable
from services.generate.engine.runners.openvino import with_outputs
from services.models.catalog import ModelCatalog
from services.segment.preprocess import to_batch
from services.segment.runners.calibrate import see_ranges
from services.segment.runners.choice import check_picture, open_openvino
from services.segment.runners.int8 import Ranges, quantize

BATCH = to_batch(check_picture((96, 96)), (96, 96))


@pytest.fixture
def model(tiny_network):
    return with_outputs(openvino.Core().read_model(tiny_network), 1)


@pytest.fixture
def ranges(model, tiny_network):
    return Ranges(hashlib.sha256(tiny_network.read_bytes()).hexdigest(), see_ranges(model, [BATCH]))


def test_rounded_network_finds_the_same_product(tiny_network, ranges, tmp_path):
    exact, rounded = (open_openvino(tiny_network, 1, tmp_path, each) for each in (None, ranges))
    assert rounded.name == "openvino-int8"
    between = np.abs(exact.run(BATCH) - rounded.run(BATCH))
    assert between.max() > 0
    assert between.mean() < 0.02


def test_ranges_hold_what_was_seen(ranges):
    ((low, high),) = ranges.of_tensor.values()
    assert low == pytest.approx(BATCH.min(), abs=1e-3)
    assert high == pytest.approx(BATCH.max(), abs=1e-3)


def test_kernels_and_features_are_rounded(model, ranges):
    quantize(model, ranges)
    kinds = [node.get_type_name() for node in model.get_ops()]
    assert kinds.count("FakeQuantize") == 2 * kinds.count("Convolution")


def test_tensor_without_a_range_is_told(tiny_network, tmp_path):
    with pytest.raises(ModelUnavailable, match="no range is known"):
        open_openvino(tiny_network, 1, tmp_path, Ranges("", {}))


def test_ranges_belong_to_one_file(tiny_network, ranges):
    assert ranges.belong_to(tiny_network)
    assert not Ranges.shipped().belong_to(tiny_network)


def test_shipped_ranges_hold_zero_and_have_a_width():
    of_tensor = Ranges.shipped().of_tensor
    assert len(of_tensor) > 100
    assert all(low <= 0 < high for low, high in of_tensor.values())


def test_shipped_ranges_are_of_the_catalogues_network():
    assert Ranges.shipped().sha256 == ModelCatalog.shipped().get("isnet").sha256


def test_concatenated_tensors_share_the_wider_range():
    image = opset13.parameter([1, 3, 8, 8], np.float32)
    bright, faint = (
        opset13.relu(image, name="bright"),
        opset13.relu(opset13.multiply(image, np.float32(0.1)), name="faint"),
    )
    joined = opset13.concat([bright, faint], 1)
    ranges = see_ranges(openvino.Model([joined.output(0)], [image], "joined"), [np.full((1, 3, 8, 8), 2, np.float32)])
    assert ranges["faint"] == ranges["bright"] == pytest.approx((2 * 0.1, 2))


def test_range_is_the_average_of_the_batches(model):
    ((low, high),) = see_ranges(model, [BATCH * 0 - 1, BATCH * 0 + 3]).values()
    assert (low, high) == (1, 1)
