"""Fixtures that several folders share."""

import os

import pytest
from hypothesis import settings
from skimage import data

from tests.support.photos import encoded

# Busy machines are slow machines; no test here is about time.
# In CI the same examples each time, as in Hypothesis' own profile for it: luck must not stop an unrelated change.
settings.register_profile("vitrine", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("vitrine")


def pytest_addoption(parser):
    parser.addoption("--hostile", type=int, default=60, help="hostile inputs to send; all kinds by 14, many by 300")
    parser.addoption("--hostile-seed", default="1", help="another seed gives other inputs")


@pytest.fixture(scope="session")
def photo():
    """A real still life as a JPEG file, 600 x 400."""
    return encoded(data.coffee(), "JPEG", quality=95)
