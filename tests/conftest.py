"""Fixtures that several folders share."""

import pytest
from hypothesis import settings
from skimage import data

from tests.support.photos import encoded

# Busy machines are slow machines; no test here is about time.
settings.register_profile("vitrine", deadline=None)
settings.load_profile("vitrine")


@pytest.fixture(scope="session")
def photo():
    """A real still life as a JPEG file, 600 x 400."""
    return encoded(data.coffee(), "JPEG", quality=95)
