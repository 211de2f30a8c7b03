"""What every unit test stands on."""

import pytest
import structlog


@pytest.fixture(autouse=True)
def own_logs():
    """Log settings are the process's: whoever changes them, as commands and services do, changes them for no other."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)
