import pytest

from services.postprocess.restorer import Restorer
from tests.support.memory_blobs import MemoryBlobs


@pytest.fixture
def store() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def restorer(store: MemoryBlobs) -> Restorer:
    return Restorer(store, threads=1)
