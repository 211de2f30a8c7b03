"""One grey room and one generator for all tests here; nothing is fetched."""

import pytest

from services.generate.environment import Environment
from services.generate.generator import Generator
from services.generate.scene import SceneCatalog
from tests.support.panorama import room_with_window


@pytest.fixture(scope="session")
def room() -> Environment:
    return Environment(room_with_window(90, 40))


@pytest.fixture(scope="session")
def generator(room: Environment) -> Generator:
    return Generator(SceneCatalog.shipped(), lambda name: room, texture_px=256)
