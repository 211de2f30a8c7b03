import pytest

from services.evaluation.case import Cases
from services.evaluation.cutting import Cutting


@pytest.fixture(scope="session")
def cutting(tmp_path_factory):
    """Segmenters as the service makes them, with drawn networks."""
    return Cutting(1, tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="session")
def cases(cutting):
    """Small drawn photos."""
    return Cases(cutting, side_px=360)
