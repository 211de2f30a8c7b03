"""What operators look at: health, readiness, metrics, logs, the documentation page."""

import time

import grpc
import pytest
from grpc_health.v1 import health_pb2

from services.common import metrics
from services.pb.vitrine.v1 import studio_pb2
from tests.support.running_service import PATIENCE_S

pytestmark = pytest.mark.service
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("name", ["", "vitrine.v1.StudioService", "vitrine.v1.CatalogService"])
def test_health_service_says_serving(service, name):
    assert service.health.Check(health_pb2.HealthCheckRequest(service=name)).status == SERVING


def test_health_of_an_unknown_service_is_not_found(service):
    with pytest.raises(grpc.RpcError) as caught:
        service.health.Check(health_pb2.HealthCheckRequest(service="vitrine.v9.Nothing"))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_watch_tells_the_state_at_once(service):
    watch = service.health.Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == SERVING
    watch.cancel()


def test_readiness_names_every_stage(service):
    answer = service.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["stages"] == {"segment": "ready", "generate": "ready", "postprocess": "ready"}
    assert service.http.get("/healthz").json() == {"status": "live"}


def test_reflection_is_off(service):
    call = service.channel.unary_unary("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"")
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_documentation_page_loads_nothing_from_elsewhere(service):
    page = service.http.get("/docs").text
    assert "https://" not in page
    assert service.http.get("/docs/assets/swagger-ui-bundle.js").status_code == 200
    assert "/v1/shots" in service.http.get("/openapi.json").json()["paths"]


def test_request_id_runs_through_every_stage(service, photo):
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    answer, call = service.studio.CreateShot.with_call(request)
    trailing = dict(call.trailing_metadata())
    assert answer.request_id == trailing["x-request-id"] == trailing["request_id"]
    components = {line["component"] for line in service.wait_for_answer(answer.request_id)}
    assert components == {"gateway", "segment", "generate", "postprocess"}


def test_tenant_and_trace_run_through_every_stage(service, photo):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    metadata = [("traceparent", f"00-{trace_id}-00f067aa0ba902b7-01")]
    answer, call = service.studio.CreateShot.with_call(request, metadata=metadata)
    assert dict(call.trailing_metadata())["traceparent"].startswith(f"00-{trace_id}-")
    lines = service.wait_for_answer(answer.request_id)
    assert {(line["tenant"], line["trace_id"]) for line in lines} == {("local", trace_id)}
    assert len({line["component"] for line in lines}) == 4


def test_what_the_database_knows_is_told_to_callers_on_this_machine(service):
    answer = service.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert {f"# TYPE {metric.name} gauge" for metric in metrics.STORED} <= set(answer.text.splitlines())


def test_malformed_request_id_is_replaced(service):
    answer = service.http.get("/v1/scenes", params={"page_size": -1}, headers={"X-Request-Id": "a b/../c"})
    assert answer.json()["request_id"].isalnum()


def test_metrics_endpoint_shows_every_metric(service, photo):
    service.studio.CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white"))
    # Retries are written first when a replica is lost, see test_deaths.py, refusals when there is one, metrics of jobs
    # and messages where there are some, a certificate's end where the operator has one; the others where networks draw
    # and styles are trained for them.
    elsewhere = {
        metrics.STAGE_RETRIES, metrics.REFUSALS, metrics.RUNNER, metrics.ENGINE_STATE, metrics.DENOISING_STEPS,
        metrics.DENOISING_STEP_SECONDS, metrics.BATCH_OCCUPANCY, metrics.STYLES, metrics.TRAININGS,
        metrics.TRAINING_SECONDS, metrics.TRAININGS_RUNNING, metrics.TRAINING_BACKLOG_SECONDS,
        metrics.CERTIFICATE_END,
    }  # fmt: skip
    wanted = {f"ray_{metric.name}" for metric in metrics.ALL if metric not in elsewhere}
    wanted = {name for name in wanted if not name.startswith(("ray_vitrine_job_", "ray_vitrine_webhook_"))}
    limit = time.monotonic() + PATIENCE_S  # replicas hand their figures over every few seconds
    while missing := {name for name in wanted if f"# TYPE {name} " not in service.metrics()}:
        assert time.monotonic() < limit, missing
        time.sleep(1)
    lines = [line for line in service.metrics().splitlines() if line.startswith("ray_vitrine_requests_total{")]
    assert any('outcome="ok"' in line and 'method="CreateShot"' in line for line in lines)
