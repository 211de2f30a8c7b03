import numpy as np
import pytest

from services.api.studio import ProductSelection
from services.common.errors import InvalidInput
from services.common.geometry import Box
from services.common.image import ImageLimits
from services.workflow.selection import select
from tests.support.photos import encoded

LIMITS = ImageLimits(1 << 20, 1 << 20)


def selected(**fields):
    return select(ProductSelection.model_validate(fields), (40, 60), LIMITS)


def test_selection_is_turned_to_rows_and_columns():
    found = selected(
        include_points=[{"x": 59, "y": 0}], exclude_points=[{"x": 1, "y": 2}],
        include_boxes=[{"left": 0, "top": 0, "width": 60, "height": 40}],
        exclude_boxes=[{"left": 1, "top": 2, "width": 3, "height": 4}],
    )  # fmt: skip
    assert (found.include_points, found.exclude_points) == (((0, 59),), ((2, 1),))
    assert (found.include_boxes, found.exclude_boxes) == ((Box(0, 0, 40, 60),), (Box(2, 1, 4, 3),))


def test_ghost_mannequin_alone_is_a_selection():
    found = selected(ghost_mannequin=True)
    assert found.ghost_mannequin
    assert found.keep_mask is None


@pytest.mark.parametrize("wanted", [None, ProductSelection()], ids=["absent", "empty"])
def test_selection_of_nothing_is_none(wanted):
    assert select(wanted, (40, 60), LIMITS) is None


@pytest.mark.parametrize("point", [{"x": -1}, {"x": 60}, {"y": 40}, {"y": -2}], ids=str)
@pytest.mark.parametrize("name", ["include_points", "exclude_points"])
def test_point_outside_the_photo_is_named(name, point):
    with pytest.raises(InvalidInput, match="60 x 40 pixels") as caught:
        selected(**{name: [{"x": 5, "y": 5}, point]})
    assert caught.value.details["field"] == f"selection.{name}.1"


@pytest.mark.parametrize("box", [(-1, 0, 9, 9), (0, -1, 9, 9), (55, 0, 6, 9), (0, 35, 9, 6), (5, 5, 0, 9)], ids=str)
def test_box_that_is_not_within_the_photo_is_named(box):
    with pytest.raises(InvalidInput) as caught:
        selected(exclude_boxes=[dict(zip(("left", "top", "width", "height"), box, strict=True))])
    assert caught.value.details["field"] == "selection.exclude_boxes.0"


def test_dark_mask_is_refused():
    content = encoded(np.zeros((40, 60, 3), np.uint8), "PNG")
    with pytest.raises(InvalidInput, match="dark") as caught:
        selected(keep_mask={"content": content})
    assert caught.value.details["field"] == "selection.keep_mask"
