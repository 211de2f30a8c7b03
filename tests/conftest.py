"""Fixtures that several folders share."""

import pytest
from skimage import data

from tests.support.photos import encoded


@pytest.fixture(scope="session")
def photo():
    """A real still life as a JPEG file, 600 x 400."""
    return encoded(data.coffee(), "JPEG", quality=95)
