import numpy as np
import pytest

from services.generate.reference import fit_reference


@pytest.mark.parametrize("size_hw", [(64, 64), (48, 96), (300, 200)])
@pytest.mark.parametrize("source_hw", [(100, 30), (30, 100), (500, 500)])
def test_reference_covers_the_size(source_hw, size_hw):
    image = np.full((*source_hw, 3), 120, np.uint8)
    fitted = fit_reference(image, size_hw)
    assert fitted.shape == (*size_hw, 3)
    assert (fitted == 120).all()


def test_middle_of_the_reference_is_kept():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    assert (fit_reference(image, (50, 50)) == 255).all()
