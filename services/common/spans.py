"""Spans of Serve's proxies and replicas, sent to a collector. Off unless Serve's `tracing_config` names `processors`.

Serve takes the caller's W3C trace up and calls this once in each of its processes. Where spans go, OpenTelemetry's own
variables say, such as OTEL_EXPORTER_OTLP_ENDPOINT:
https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Needs the extra `otel`.
"""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def processors() -> list[SpanProcessor]:
    """What Serve hands every span to: a queue that never holds a request up, and OTLP over HTTP behind it."""
    return [BatchSpanProcessor(OTLPSpanExporter())]
