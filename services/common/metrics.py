"""Every metric of Vitrine, named once, with its unit and labels.

Replicas write them through `ray.serve.metrics` (anything else inside a replica is exported by nobody), which adds the
labels `application`, `deployment` and `replica` by itself and, in the exposition, the prefix `ray_`. This file does not
import Ray: a deployment hands its metrics module in. What the database alone knows is read from it when somebody asks
(`services/jobs/exporter.py`), and has no such prefix and labels. At the end stand Ray's own metrics that dashboards and
alerts read.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

#: Seconds. From a cache hit to a slow shot on two cores.
LATENCY_BUCKETS_S: Final = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 25.0, 60.0)
#: Seconds. From a training that is stopped at once to one of half a day.
TRAINING_BUCKETS_S: Final = (10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 43_200.0)
#: Shares of a whole; the last is what a value of 1 falls into.
RATIO_BUCKETS: Final = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
#: Shares of what is allowed: 1 is just so.
ALLOWED_BUCKETS: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0, 4.0)


@dataclass(frozen=True)
class Metric:
    """A metric's name, which carries its unit, its meaning, its bounded labels, and a histogram's upper bounds."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    description: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = LATENCY_BUCKETS_S


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
MODEL_LOAD_SECONDS: Final = Metric(
    "vitrine_model_load_seconds", "gauge", "How long a replica took to load its networks and to warm up.", ("stage",)
)
CERTIFICATE_END: Final = Metric(
    "vitrine_certificate_end_timestamp_seconds", "gauge",
    "Unix time when the operator's certificate ends, after which no picture is signed, or made.",
)  # fmt: skip
DENOISING_STEPS: Final = Metric(
    "vitrine_denoising_steps_total", "counter", "Denoising steps taken, each picture's own counted."
)
DENOISING_STEP_SECONDS: Final = Metric(
    "vitrine_denoising_step_seconds", "histogram", "Time of a denoising step of all pictures that share it."
)
BATCH_OCCUPANCY: Final = Metric(
    "vitrine_batch_occupancy_ratio", "histogram", "Pictures that share a denoising step, of those that could.",
    buckets=RATIO_BUCKETS,
)  # fmt: skip
PLATES: Final = Metric(
    "vitrine_plates_total", "counter", "Plates asked for: made before (hit) or drawn anew (miss).", ("outcome",)
)
CUTOUTS: Final = Metric(
    "vitrine_cutouts_total", "counter", "Cutouts asked for: made before (hit) or made anew (miss).", ("outcome",)
)
STYLES: Final = Metric(
    "vitrine_styles_total", "counter", "Styles that drawings asked for: in memory (hit) or read anew (miss).",
    ("outcome",),
)  # fmt: skip
PRESERVATION_REPORTS: Final = Metric(
    "vitrine_preservation_reports_total", "counter",
    "Pictures measured, those of further attempts too: passed or failed.", ("outcome",),
)  # fmt: skip
PRESERVATION_MEASURES: Final = Metric(
    "vitrine_preservation_used_ratio", "histogram",
    "What a measure found, as a share of what its threshold allows; more than 1 fails.", ("measure",),
    buckets=ALLOWED_BUCKETS,
)  # fmt: skip
REFUSALS: Final = Metric(
    "vitrine_preservation_refusals_total", "counter", "Shots refused because of a measure; one may fail by several.",
    ("measure",),
)  # fmt: skip
BLOB_SECONDS: Final = Metric(
    "vitrine_blob_seconds", "histogram", "Time of an operation of the blob store by its outcome (ok or an error code).",
    ("operation", "outcome"),
)  # fmt: skip
BLOB_BYTES: Final = Metric(
    "vitrine_blob_bytes_total", "counter", "Bytes written to the blob store and read from it.", ("operation",)
)
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
TRAININGS: Final = Metric(
    "vitrine_style_trainings_total", "counter",
    "Attempts at trainings of styles by outcome (ok, released, lost or an error code).", ("outcome",),
)  # fmt: skip
TRAINING_SECONDS: Final = Metric(
    "vitrine_style_training_seconds", "histogram", "Time that an attempt at a training took, by outcome.",
    ("outcome",), buckets=TRAINING_BUCKETS_S,
)  # fmt: skip
TRAININGS_RUNNING: Final = Metric("vitrine_style_trainings_running", "gauge", "Trainings of styles at work.")
TRAINING_BACKLOG_SECONDS: Final = Metric(
    "vitrine_style_training_backlog_seconds", "gauge", "Since when the oldest training that could begin waits."
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
    MODEL_LOAD_SECONDS, CERTIFICATE_END, DENOISING_STEPS, DENOISING_STEP_SECONDS, BATCH_OCCUPANCY, PLATES, CUTOUTS,
    STYLES, PRESERVATION_REPORTS, PRESERVATION_MEASURES, REFUSALS, BLOB_SECONDS, BLOB_BYTES,
    TENANT_ITEMS, TENANT_MEGAPIXELS, TENANT_BYTES, TENANT_STAGE_SECONDS, JOB_ITEMS, JOB_ITEMS_RUNNING, JOB_WAIT_SECONDS,
    JOB_YIELD_SECONDS, JOB_CLAIMS_LOST, JOB_BACKLOG_SECONDS,
    TRAININGS, TRAINING_SECONDS, TRAININGS_RUNNING, TRAINING_BACKLOG_SECONDS,
    WEBHOOK_DELIVERIES, WEBHOOK_SECONDS,
)  # fmt: skip

STORE_JOBS: Final = Metric("vitrine_jobs", "gauge", "Jobs that are kept, by state.", ("state",))
STORE_ITEMS: Final = Metric("vitrine_job_items", "gauge", "Items of the jobs that are kept, by state.", ("state",))
STORE_OLDEST: Final = Metric(
    "vitrine_job_oldest_queued_seconds", "gauge", "Age of the oldest job with items that could begin; 0: there is none."
)
STORE_BACKLOG: Final = Metric(
    "vitrine_tenant_backlog_items", "gauge", "Items that wait, of the tenants with the most; `other` has the rest.",
    ("tenant",),
)  # fmt: skip
STORE_QUOTA: Final = Metric(
    "vitrine_tenant_quota_used_ratio", "gauge",
    "Share that is used of the quota, pictures or megapixels, of the tenants that used most of theirs.", ("tenant",),
)  # fmt: skip
STORE_MESSAGES: Final = Metric(
    "vitrine_webhook_messages", "gauge", "Messages to webhooks in the log that is kept, by state.", ("state",)
)
STORE_OLDEST_MESSAGE: Final = Metric(
    "vitrine_webhook_oldest_pending_seconds", "gauge", "Age of the oldest message that waits; 0 where none does."
)
STORE_TRAININGS: Final = Metric(
    "vitrine_style_trainings", "gauge", "Trainings of styles that are kept, by state.", ("state",)
)
STORE_OLDEST_TRAINING: Final = Metric(
    "vitrine_style_training_oldest_queued_seconds", "gauge",
    "Since when the oldest training that could begin waits; 0 where none does.",
)  # fmt: skip

#: Read from the database: gauges whose values every gateway replica tells alike.
STORED: Final = (
    STORE_JOBS, STORE_ITEMS, STORE_OLDEST, STORE_BACKLOG, STORE_QUOTA, STORE_MESSAGES, STORE_OLDEST_MESSAGE,
    STORE_TRAININGS, STORE_OLDEST_TRAINING,
)  # fmt: skip

#: Of Ray and Serve, which name and measure them: https://docs.ray.io/en/latest/serve/monitoring.html and
#: https://docs.ray.io/en/latest/ray-observability/reference/system-metrics.html. Those of GPUs are there where one is.
OF_RAY: Final = (
    "ray_serve_deployment_replica_healthy", "ray_serve_deployment_queued_queries",
    "ray_serve_replica_processing_queries", "ray_serve_autoscaling_target_replicas",
    "ray_node_gpus_utilization", "ray_node_gram_used", "ray_node_gram_available",
    "ray_node_mem_used", "ray_node_mem_total", "ray_node_cpu_utilization", "ray_node_disk_utilization_percentage",
    "ray_object_store_used_memory", "ray_object_store_available_memory",
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

    @contextmanager
    def timing(self, metric: Metric, **labels: str) -> Iterator[None]:
        """Set a gauge to the seconds that the body took, unless it fails."""
        began = time.monotonic()
        yield
        self.set(metric, time.monotonic() - began, **labels)

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
        metric.name, description=metric.description, boundaries=list(metric.buckets), tag_keys=metric.labels
    )
