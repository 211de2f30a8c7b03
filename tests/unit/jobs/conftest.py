import pytest

from tests.support.job_store import JobStore


@pytest.fixture
def store(database):
    return JobStore(database)
