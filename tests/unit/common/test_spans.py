"""Spans reach a collector by OTLP."""

from opentelemetry.sdk.trace import TracerProvider

from services.common.spans import processors
from tests.support.collector import Collector


def test_span_reaches_the_collector_that_the_environment_names(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_COMPRESSION", raising=False)
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        provider = TracerProvider()
        for each in processors():
            provider.add_span_processor(each)
        with provider.get_tracer("test").start_as_current_span("shot"):
            pass
        provider.shutdown()
    assert [span.name for span in collector.spans] == ["shot"]
