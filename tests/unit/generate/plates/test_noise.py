import numpy as np
import pytest

from services.generate.plates.noise import displaced, smoothstep, spectral_noise


@pytest.mark.parametrize("band", [(1, 4), (3, 40)], ids=["enlarged from a small grid", "on its own grid"])
def test_noise_tiles_seamlessly(band: tuple[float, float]) -> None:
    field = spectral_noise(np.random.default_rng(3), 128, band)
    seam = np.abs(field[:, 0] - field[:, -1]).mean()
    inside = np.abs(np.diff(field, axis=1)).mean()
    assert seam < 2 * inside


def test_noise_is_normalised() -> None:
    field = spectral_noise(np.random.default_rng(1), 256, (2, 60))
    assert field.mean() == pytest.approx(0, abs=0.02)
    assert field.std() == pytest.approx(1, abs=0.05)


def test_stretched_noise_changes_more_slowly_along_its_length() -> None:
    field = spectral_noise(np.random.default_rng(1), 128, (2, 60), stretch=(8, 1))
    assert np.abs(np.diff(field, axis=1)).mean() < 0.4 * np.abs(np.diff(field, axis=0)).mean()


def test_a_shift_by_a_whole_tile_changes_nothing() -> None:
    field = spectral_noise(np.random.default_rng(1), 64, (1, 10))
    whole = np.full_like(field, 64)
    np.testing.assert_allclose(displaced(field, whole, -whole), field, atol=1e-3)


def test_smoothstep_may_fall() -> None:
    assert smoothstep(1, 0, np.array([0, 0.5, 1], np.float32)).tolist() == [1, 0.5, 0]
