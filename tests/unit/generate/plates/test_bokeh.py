import numpy as np
import pytest

from services.generate.plates.bokeh import blur_disc, blur_rows, disc_kernel


@pytest.mark.parametrize("radius_px", [0.5, 2.0, 6.5])
@pytest.mark.parametrize("rim", [0.0, 0.3])
def test_a_disc_sums_to_one(radius_px: float, rim: float) -> None:
    assert disc_kernel(radius_px, rim).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("radius_px", [0.2, 3.0, 6.9, 16.0])
def test_blurring_conserves_energy(radius_px: float) -> None:
    image = np.zeros((96, 96, 3), np.float32)
    image[40:44, 50:54] = 100
    assert blur_disc(image, radius_px).sum() == pytest.approx(image.sum(), rel=0.01)


def test_a_point_becomes_an_even_disc_not_a_hill() -> None:
    image = np.zeros((33, 33), np.float32)
    image[16, 16] = 1
    seen = blur_disc(image, 6)
    assert seen[16, 16] == pytest.approx(seen[16, 20], rel=1e-3)
    assert seen[16, 24] == pytest.approx(0, abs=1e-7)


def test_rows_are_blurred_by_their_own_radius() -> None:
    stripes = np.zeros((80, 64, 1), np.float32)
    stripes[:, ::2] = 1
    seen = blur_rows(stripes, np.linspace(0, 8, 80).astype(np.float32))
    assert seen[2].std() == pytest.approx(stripes[2].std(), rel=0.01)
    assert seen[-8].std() < 0.1 * stripes.std()


def test_blurring_rows_keeps_an_even_image() -> None:
    even = np.full((50, 40, 4), 0.7, np.float32)
    radius = np.abs(np.linspace(-9, 9, 50)).astype(np.float32)
    np.testing.assert_allclose(blur_rows(even, radius), 0.7, rtol=1e-4)
