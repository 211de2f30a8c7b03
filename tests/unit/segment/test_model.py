import numpy as np
import pytest

from services.common.errors import Internal
from services.segment.model import SegmentationModel
from services.segment.runners.choice import open_onnxruntime

IMAGE = np.zeros((30, 40, 3), np.uint8)


class FixedRunner:
    """Answers every batch with the same mask."""

    name = "fixed"

    def __init__(self, mask):
        self._mask = np.asarray(mask, np.float32)
        self.input_hw = self._mask.shape

    def run(self, batch):
        return self._mask[None, None]


def test_mask_is_where_the_colour_is(tiny_network, disc):
    model = SegmentationModel(open_onnxruntime(tiny_network, 1), "tiny 3")
    coverage = disc((60, 80), 20)[..., None]
    mask = model.run((coverage * (230, 30, 30) + (1 - coverage) * 180).astype(np.uint8))
    assert mask.shape == (96, 96)
    assert mask[48, 48] > 0.95
    assert mask[3, 3] < 0.05


def test_mask_covers_the_photo_alone_when_there_is_a_margin(tiny_network, disc):
    model = SegmentationModel(open_onnxruntime(tiny_network, 1), "tiny 3")
    coverage = disc((80, 80), 20)[..., None]
    image = (coverage * (230, 30, 30) + (1 - coverage) * 180).astype(np.uint8)
    near, far = model.run(image), model.run(image, margin=0.2)
    assert near.shape == far.shape
    assert np.mean((near > 0.5) != (far > 0.5)) < 0.02


def test_flat_mask_is_not_stretched():
    mask = SegmentationModel(FixedRunner(np.full((8, 8), 0.03)), "flat").run(IMAGE)
    assert mask.max() < 0.04


def test_mask_beyond_its_range_is_clipped():
    mask = SegmentationModel(FixedRunner([[-0.1, 1.1]] * 2), "wide").run(IMAGE)
    assert (mask.min(), mask.max()) == (0, 1)


def test_mask_that_holds_no_numbers_is_an_error():
    with pytest.raises(Internal, match="no numbers"):
        SegmentationModel(FixedRunner(np.full((8, 8), np.nan)), "broken").run(IMAGE)
