import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.segment.preprocess import from_mask, inner_box, to_batch


@pytest.mark.parametrize(("value", "wanted"), [(0, -0.5), (128, 0.0), (255, 127 / 256)])
def test_batch_is_normalised_as_the_network_was_trained(value, wanted):
    batch = to_batch(np.full((20, 30, 3), value, np.uint8), (16, 16))
    assert batch.shape == (1, 3, 16, 16)
    assert batch.dtype == np.float32
    assert np.all(batch == np.float32(wanted))


def test_batch_keeps_the_channels_order():
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 0] = 255
    red, green, blue = to_batch(image, (16, 16))[0]
    assert red.min() > green.max() == blue.max()


def test_margin_continues_the_photos_border():
    image = np.full((20, 20, 3), 50, np.uint8)
    image[5:15, 5:15] = 200
    batch = to_batch(image, (40, 40), margin=0.25)
    assert np.all(batch[:, :, :10] == batch[0, 0, 0, 0])
    assert batch[0, 0, 20, 20] > batch[0, 0, 0, 0]


@given(side=st.integers(16, 200), margin=st.floats(0, 0.4))
def test_photo_lies_in_the_middle_of_the_square(side, margin):
    box = inner_box((side, side), margin)
    assert box.top == side - box.bottom == box.left == side - box.right
    assert box.height >= 1


@pytest.mark.parametrize("size_hw", [(31, 57), (64, 64), (300, 401)])
def test_mask_keeps_its_place_and_range_at_any_size(disc, size_hw):
    mask = from_mask(disc((64, 64), 16), size_hw)
    assert mask.shape == size_hw
    assert (mask.min(), mask.max()) == (0, 1)
    rows, columns = np.nonzero(mask > 0.5)
    # The disc's centre is the middle of place 32 of 64.
    assert rows.mean() == pytest.approx(32.5 / 64 * size_hw[0] - 0.5, abs=0.5)
    assert columns.mean() == pytest.approx(32.5 / 64 * size_hw[1] - 0.5, abs=0.5)
