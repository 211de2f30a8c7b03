"""The recorder writes each metric with its own labels."""

import pytest

from services.common.metrics import ALL, IN_FLIGHT, REQUEST_SECONDS, REQUESTS, RUNNER, Recorder, Silent
from tests.support.fake_metrics import FakeMetrics


def test_recorder_declares_every_metric_with_its_labels():
    backend = FakeMetrics()
    Recorder(backend)
    assert {name: options["tag_keys"] for name, (_, options) in backend.declared.items()} == {
        metric.name: metric.labels for metric in ALL
    }


def test_values_arrive_under_their_labels():
    backend = FakeMetrics()
    recorder = Recorder(backend)
    recorder.count(REQUESTS, method="CreateShot", protocol="grpc", outcome="ok")
    recorder.observe(REQUEST_SECONDS, 0.5, method="CreateShot", protocol="grpc")
    recorder.set(IN_FLIGHT, 3)
    assert backend.values["vitrine_request_seconds", (("method", "CreateShot"), ("protocol", "grpc"))] == [0.5]
    assert backend.values["vitrine_requests_in_flight", ()] == [3]
    assert sum(len(values) for values in backend.values.values()) == 3


def test_gauges_are_written_again_with_their_last_values():
    backend = FakeMetrics()
    recorder = Recorder(backend)
    recorder.set(RUNNER, 1.0, part="unet", runner="torch")
    recorder.set(RUNNER, 0.0, part="unet", runner="torch")
    recorder.count(REQUESTS, method="CreateShot", protocol="grpc", outcome="ok")
    recorder.repeat()
    assert backend.values["vitrine_runner", (("part", "unet"), ("runner", "torch"))] == [1.0, 0.0, 0.0]
    assert sum(len(values) for values in backend.values.values()) == 4


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_silent_backend_takes_everything(metric):
    write = {"counter": Recorder.count, "gauge": Recorder.set, "histogram": Recorder.observe}[metric.kind]
    value = [] if metric.kind == "counter" else [1.0]
    write(Recorder(Silent), metric, *value, **dict.fromkeys(metric.labels, "x"))
