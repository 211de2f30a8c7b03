"""One grey room and one generator for all tests here; nothing is fetched."""

import pytest
import structlog
from structlog.testing import LogCapture

from services.generate.environment import Environment
from services.generate.generator import Generator
from services.generate.plates.painter import PlatePainter
from services.generate.scene import SceneCatalog
from tests.support.panorama import room_with_window


@pytest.fixture(scope="session")
def room() -> Environment:
    return Environment(room_with_window(90, 40))


@pytest.fixture(scope="session")
def plates(room: Environment) -> PlatePainter:
    return PlatePainter(lambda name: room, texture_px=256)


@pytest.fixture(scope="session")
def generator(plates: PlatePainter) -> Generator:
    return Generator(SceneCatalog.shipped(), plates)


@pytest.fixture
def log():
    """The lines that are logged, tracebacks as text: what holds an exception holds all that its frames hold."""
    structlog.reset_defaults()  # the level is not ours else, where a command has set it
    capture = LogCapture()
    structlog.configure(processors=[structlog.processors.format_exc_info, capture])
    yield capture.entries
    structlog.reset_defaults()
