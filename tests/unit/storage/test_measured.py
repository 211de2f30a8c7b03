"""A blob store's traffic is measured, whatever comes of it."""

import pytest

from services.common.errors import NotFound
from services.common.metrics import Recorder
from services.storage.measured import MeasuredBlobs
from tests.support.fake_metrics import FakeMetrics
from tests.support.memory_blobs import MemoryBlobs


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def blobs(metrics):
    return MeasuredBlobs(MemoryBlobs(), Recorder(metrics))


def timed(metrics):
    return [tuple(dict(labels).values()) for name, labels in metrics.values if name == "vitrine_blob_seconds"]


def test_bytes_that_go_in_and_out_are_counted(blobs, metrics):
    blobs.put("shots/a.png", b"12345", "image/png")
    assert blobs.get("shots/a.png") == b"12345"
    assert metrics.values["vitrine_blob_bytes_total", (("operation", "put"),)] == [5]
    assert metrics.values["vitrine_blob_bytes_total", (("operation", "get"),)] == [5]
    assert timed(metrics) == [("put", "ok"), ("get", "ok")]


def test_error_of_the_store_is_the_outcome_and_reaches_the_caller(blobs, metrics):
    with pytest.raises(NotFound):
        blobs.get("shots/none.png")
    assert timed(metrics) == [("get", "not_found")]
    assert not [name for name, _ in metrics.values if name == "vitrine_blob_bytes_total"]


def test_fault_that_is_no_error_of_ours_is_told_as_internal(metrics):
    blobs = MeasuredBlobs(None, Recorder(metrics))
    with pytest.raises(AttributeError):
        blobs.delete(["shots/a.png"])
    assert timed(metrics) == [("delete", "internal")]
