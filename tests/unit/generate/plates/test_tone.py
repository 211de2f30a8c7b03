import numpy as np
import pytest

from services.common.srgb import decode, encode
from services.generate.plates.tone import KNEE, WHITE, develop, shoulder


def test_the_shoulder_leaves_middle_tones_alone() -> None:
    tones = np.linspace(0, KNEE, 9, dtype=np.float32)
    np.testing.assert_array_equal(shoulder(tones), tones)


def test_the_shoulder_rises_to_white_without_a_step() -> None:
    curve = shoulder(np.linspace(0, WHITE, 5001, dtype=np.float32))
    assert curve[-1] == pytest.approx(1)
    assert (np.diff(curve) >= 0).all()
    assert np.diff(curve).max() < 1.01 * WHITE / 5000


def test_encoding_and_decoding_cancel_out() -> None:
    tones = np.linspace(0, 1, 100, dtype=np.float32)
    np.testing.assert_allclose(decode(encode(tones)), tones, atol=1e-5)


def test_a_grey_card_is_developed_to_its_srgb_value() -> None:
    card = np.full((64, 64, 3), 0.2140, np.float32)
    assert develop(card, 1.0, 0.0, np.random.default_rng(0)).mean() == pytest.approx(127.5, abs=0.7)


def test_a_slow_gradient_is_dithered_instead_of_banded() -> None:
    ramp = np.broadcast_to(np.linspace(0.30, 0.31, 512, dtype=np.float32)[None, :, None], (64, 512, 3))
    seen = develop(ramp, 1.0, 0.0, np.random.default_rng(0))
    assert all(len(np.unique(seen[:, column])) > 1 for column in range(0, 512, 64))


def test_grain_has_no_colour() -> None:
    seen = develop(np.full((32, 32, 3), 0.3, np.float32), 1.0, 2.0, np.random.default_rng(0))
    assert (np.ptp(seen, axis=2) == 0).all()
    assert seen.std() > 1
