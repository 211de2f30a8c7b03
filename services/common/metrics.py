"""Every metric of Vitrine, named once, with its unit and labels.

Replicas write them through `ray.serve.metrics` (anything else inside a replica is exported by nobody), which adds the
labels `application`, `deployment` and `replica` by itself and, in the exposition, the prefix `ray_`. This file does not
import Ray: a deployment hands its metrics module in.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

#: Seconds. From a cache hit to a slow shot on two cores.
LATENCY_BUCKETS_S: Final = [0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 25.0, 60.0]


@dataclass(frozen=True)
class Metric:
    """A metric's name, which carries its unit, its meaning and its bounded labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    description: str
    labels: tuple[str, ...] = ()


REQUESTS: Final = Metric(
    "vitrine_requests_total", "counter", "Requests by method, protocol and outcome (ok or an error code).",
    ("method", "protocol", "outcome"),
)  # fmt: skip
REQUEST_SECONDS: Final = Metric(
    "vitrine_request_seconds", "histogram", "Time from a request's arrival to its answer.", ("method", "protocol")
)
IN_FLIGHT: Final = Metric("vitrine_requests_in_flight", "gauge", "Requests being answered.")
STAGE_SECONDS: Final = Metric(
    "vitrine_stage_seconds", "histogram", "Time that a stage worked on a request, queueing not counted.", ("stage",)
)
STAGE_WAIT_SECONDS: Final = Metric(
    "vitrine_stage_wait_seconds", "histogram", "Time a request waited inside a replica for the stage's executor.",
    ("stage",),
)  # fmt: skip
STAGE_RETRIES: Final = Metric(
    "vitrine_stage_retries_total", "counter", "Calls made again because the stage's replica was lost.", ("stage",)
)
RUNNER: Final = Metric(
    "vitrine_runner", "gauge", "1 for what computes a part of the networks now, 0 for what did before.",
    ("part", "runner"),
)  # fmt: skip
ENGINE_STATE: Final = Metric(
    "vitrine_engine_state", "gauge", "1 for the state that the engine of a part is in, 0 for the others.",
    ("part", "state"),
)  # fmt: skip
TENANT_ITEMS: Final = Metric("vitrine_tenant_items_total", "counter", "Pictures made for a tenant.", ("tenant",))
TENANT_MEGAPIXELS: Final = Metric(
    "vitrine_tenant_megapixels_total", "counter", "Megapixels of pictures made for a tenant.", ("tenant",)
)
TENANT_BYTES: Final = Metric(
    "vitrine_tenant_bytes_total", "counter", "Bytes of a tenant's photos (in) and of files stored for it (out).",
    ("tenant", "direction"),
)  # fmt: skip
TENANT_STAGE_SECONDS: Final = Metric(
    "vitrine_tenant_stage_seconds_total", "counter", "Time that stages worked for a tenant.", ("tenant", "stage")
)
JOB_ITEMS: Final = Metric(
    "vitrine_job_items_total", "counter", "Attempts at items of jobs by outcome (ok, released or an error code).",
    ("outcome",),
)  # fmt: skip
JOB_ITEMS_RUNNING: Final = Metric("vitrine_job_items_running", "gauge", "Items of jobs at work.")
JOB_WAIT_SECONDS: Final = Metric(
    "vitrine_job_wait_seconds", "histogram", "Time from when an item could have begun until it did."
)
JOB_YIELD_SECONDS: Final = Metric(
    "vitrine_job_yield_seconds", "histogram",
    "Time an item waited before a stage for calls that somebody waits for, where there were any.", ("stage",),
)  # fmt: skip
JOB_CLAIMS_LOST: Final = Metric(
    "vitrine_job_claims_lost_total", "counter", "Items that another dispatcher took over, or whose job was deleted."
)
JOB_BACKLOG_SECONDS: Final = Metric(
    "vitrine_job_backlog_seconds", "gauge", "Since when the oldest item that could begin waits."
)
WEBHOOK_DELIVERIES: Final = Metric(
    "vitrine_webhook_deliveries_total", "counter",
    "Attempts to deliver a message to a webhook, by outcome (delivered, retried, failed).", ("outcome",),
)  # fmt: skip
WEBHOOK_SECONDS: Final = Metric(
    "vitrine_webhook_seconds", "histogram", "Time from an event to the delivery of its message."
)

ALL: Final = (
    REQUESTS, REQUEST_SECONDS, IN_FLIGHT, STAGE_SECONDS, STAGE_WAIT_SECONDS, STAGE_RETRIES, RUNNER, ENGINE_STATE,
    TENANT_ITEMS, TENANT_MEGAPIXELS, TENANT_BYTES, TENANT_STAGE_SECONDS, JOB_ITEMS, JOB_ITEMS_RUNNING, JOB_WAIT_SECONDS,
    JOB_YIELD_SECONDS, JOB_CLAIMS_LOST, JOB_BACKLOG_SECONDS,
    WEBHOOK_DELIVERIES, WEBHOOK_SECONDS,
)  # fmt: skip


class Backend(Protocol):
    """The part of `ray.serve.metrics` that is used here."""

    Counter: Any
    Gauge: Any
    Histogram: Any


class _SilentInstrument:
    def __init__(self, name: str, **options: Any) -> None: ...

    def inc(self, value: float, tags: dict[str, str]) -> None: ...

    def set(self, value: float, tags: dict[str, str]) -> None: ...

    def observe(self, value: float, tags: dict[str, str]) -> None: ...


class Silent:
    """The backend where nobody collects: stages outside of Serve."""

    Counter = Gauge = Histogram = _SilentInstrument


class Recorder:
    """Writes the metrics above.

    Args:
        backend: `ray.serve.metrics`, or a stand-in with the same three classes.
    """

    def __init__(self, backend: Backend) -> None:
        self._instruments = {metric.name: _instrument(backend, metric) for metric in ALL}
        self._gauges: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def count(self, metric: Metric, by: float = 1, **labels: str) -> None:
        """Add to a counter; nothing is added for 0, which Serve's counters refuse."""
        if by:
            self._instruments[metric.name].inc(by, tags=labels)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        """Set a gauge."""
        self._gauges[metric.name, tuple(labels.items())] = value
        self._instruments[metric.name].set(value, tags=labels)

    def repeat(self) -> None:
        """Write all gauges again; Ray forgets those that were not written for a while (`gauge_metric_ttl_s`)."""
        for (name, labels), value in list(self._gauges.items()):
            self._instruments[name].set(value, tags=dict(labels))

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """Add a value to a histogram."""
        self._instruments[metric.name].observe(value, tags=labels)


def _instrument(backend: Backend, metric: Metric) -> Any:
    if metric.kind == "counter":
        return backend.Counter(metric.name, description=metric.description, tag_keys=metric.labels)
    if metric.kind == "gauge":
        return backend.Gauge(metric.name, description=metric.description, tag_keys=metric.labels)
    return backend.Histogram(
        metric.name, description=metric.description, boundaries=LATENCY_BUCKETS_S, tag_keys=metric.labels
    )
