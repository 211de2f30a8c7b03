"""Names of metrics are an API."""

import re
from pathlib import Path

import pytest

from services.common import metrics

#: Serve writes these itself; https://docs.ray.io/en/latest/serve/monitoring.html
RESERVED = {"application", "deployment", "replica", "route"}
UNITS = {"counter": ("_total",), "histogram": ("_seconds", "_ratio"), "gauge": ("",)}


@pytest.mark.parametrize("metric", [*metrics.ALL, *metrics.STORED], ids=lambda metric: metric.name)
def test_metric_has_our_prefix_its_unit_and_bounded_labels(metric):
    assert re.fullmatch(r"vitrine_[a-z_]+", metric.name)
    assert metric.name.endswith(UNITS[metric.kind])
    assert metric.description.endswith(".")
    known = {
        "method",
        "protocol",
        "outcome",
        "stage",
        "part",
        "runner",
        "state",
        "tenant",
        "direction",
        "measure",
        "operation",
    }
    assert set(metric.labels) <= known
    assert not RESERVED & set(metric.labels)


def test_every_metric_of_the_file_is_in_all():
    constants = {value for value in vars(metrics).values() if isinstance(value, metrics.Metric)}
    assert constants == {*metrics.ALL, *metrics.STORED}
    assert not set(metrics.ALL) & set(metrics.STORED)


def test_metrics_are_written_through_the_recorder_alone():
    apart = Path("services/jobs/exporter.py")  # what it tells is nobody's work, and written nowhere
    written = [
        path for path in Path("services").rglob("*.py") if path != apart
        and re.search(r"metrics\.(Counter|Gauge|Histogram)\(|prometheus_client", path.read_text())
    ]  # fmt: skip
    assert written == []
