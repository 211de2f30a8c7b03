import numpy as np
import pytest

from services.api.studio import Recolour
from services.common.errors import InvalidInput
from services.common.image import ImageLimits
from services.workflow.recolour import check_recolour, recolour_of
from tests.support.photos import encoded

LIMITS = ImageLimits(1 << 20, 1 << 20)


def mask(height, width):
    return {"content": encoded(np.full((height, width, 3), 255, np.uint8), "PNG")}


def test_colour_and_mask_are_read():
    found = recolour_of(Recolour(to="SeaGreen", mask=mask(40, 60)), (40, 60), LIMITS)
    assert found.wanted == (46, 139, 87)
    assert found.mask.shape == (40, 60)


def test_nothing_asked_is_nothing():
    assert recolour_of(None, (40, 60), LIMITS) is None


def test_mask_of_another_size_is_named():
    with pytest.raises(InvalidInput, match="the mask of what to recolour is 61 x 40") as caught:
        recolour_of(Recolour(to="red", mask=mask(40, 61)), (40, 60), LIMITS)
    assert caught.value.details["field"] == "recolour.mask"


def test_mask_without_a_colour_is_refused():
    with pytest.raises(InvalidInput) as caught:
        check_recolour(Recolour(mask=mask(4, 4)))
    assert caught.value.details["field"] == "recolour.to"
