import numpy as np
import pytest

from services.postprocess.smooth_fill import smooth_fill
from tests.support.drawings import noisy_background


def disc(size: int = 64, radius: float = 14) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size] + 0.5 - size / 2
    return np.hypot(rows, columns) < radius


def filled(image: np.ndarray, hole: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
    wanted = hole if wanted is None else wanted
    whole = image.astype(np.float32)
    whole[hole & wanted] = smooth_fill(image.astype(np.float32), hole, wanted)
    return whole


def test_flat_stays_flat() -> None:
    image = np.full((64, 64, 3), (90, 140, 200), np.uint8)
    image[disc(radius=12)] = 0
    assert filled(image, disc())[disc()] == pytest.approx(np.tile((90, 140, 200), (disc().sum(), 1)), abs=0.01)


def test_slope_is_carried_on() -> None:
    ramp = np.repeat(np.tile(np.arange(64) * 3, (64, 1))[..., None], 3, axis=2).astype(np.uint8)
    image = ramp.copy()
    image[disc()] = 255
    assert filled(image, disc())[disc()] == pytest.approx(ramp[disc()].astype(np.float32), abs=0.05)


def test_nothing_of_the_hole_takes_part() -> None:
    image, other = noisy_background(1, 64), noisy_background(1, 64)
    image[disc()], other[disc()] = 0, np.random.default_rng(2).integers(0, 256, (disc().sum(), 3))
    ring = disc() & ~disc(radius=8)
    assert np.array_equal(
        smooth_fill(image.astype(np.float32), disc(), ring), smooth_fill(other.astype(np.float32), disc(), ring)
    )


def test_rim_of_a_deep_hole_is_filled_as_if_nothing_were_behind() -> None:
    image = np.full((64, 64, 3), 120, np.uint8)
    image[disc(radius=20)] = (200, 0, 0)
    ring = disc(radius=20) & ~disc(radius=12)
    assert smooth_fill(image.astype(np.float32), disc(radius=20), ring) == pytest.approx(120, abs=0.05)


def test_hole_without_a_rim_gets_some_colour() -> None:
    everything = np.ones((16, 16), bool)
    result = smooth_fill(noisy_background(1, 16).astype(np.float32), everything, everything)
    assert np.isfinite(result).all()


def test_nothing_wanted_is_nothing_filled() -> None:
    assert smooth_fill(
        noisy_background(1, 16).astype(np.float32), np.zeros((16, 16), bool), np.ones((16, 16), bool)
    ).shape == (0, 3)
