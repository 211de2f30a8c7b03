"""A plan as a picture."""

import pytest
from PIL import Image

from services.common.errors import InvalidInput
from services.planning.plan import Aims
from services.planning.planner import Planner
from services.planning.plot import save_plot
from tests.support.planning import constant, service_model


@pytest.fixture(scope="module")
def plan():
    return Planner(service_model(), constant(1), Aims(9, 60), (), 0, 200).needed()


def test_plot_is_a_picture(plan, tmp_path):
    save_plot(plan, tmp_path / "plots" / "plan.png")
    with Image.open(tmp_path / "plots" / "plan.png") as picture:
        assert picture.width == 1200


def test_unknown_format_is_refused(plan, tmp_path):
    with pytest.raises(InvalidInput, match=r"\.png, \.svg or \.pdf"):
        save_plot(plan, tmp_path / "plan.docx")
