"""The real service, started once for all integration tests, and what they ask of it."""

import json
import random
import time
from functools import cached_property

import grpc
import httpx
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_status import rpc_status

from services.common.ports import is_free
from services.common.settings import Settings
from services.pb.vitrine.v1 import catalog_pb2_grpc, studio_pb2_grpc

#: Far above what an idle machine needs; nothing is measured by it.
PATIENCE_S = 60


def free_ports(count):
    """Ports that nobody holds, all different, below those that the kernel gives to outgoing connections."""
    return [port for port in random.sample(range(20_000, 32_000), 100) if is_free("", port)][:count]


def small_service_settings(data_dir, **sections):
    """Settings of a service that refuses early, so that limits are met with small requests."""
    http, grpc_port, metrics = free_ports(3)
    limits = {"max_image_bytes": 2 << 20, "max_image_pixels": 2_000_000, "max_running": 2, "max_waiting": 2}
    tree = {
        "data_dir": data_dir,
        "http": {"port": http, "keep_alive_s": 3},
        "grpc": {"port": grpc_port},
        "ray": {"metrics_port": metrics, "object_store_mb": 200},
        "limits": limits,
        # Keeps cutouts of small photos only: most tests send a larger one, which is to take its time every time.
        "segment": {"cutouts_mb": 1},
        "jobs": {"lease_s": 3, "drain_s": 1},
    }
    return Settings.model_validate({**tree, **sections})


class RunningService:
    """Stubs, an HTTP client, the metrics and the logs of a service that runs.

    Args:
        settings: Of the service.
        logs_dir: Where its processes write.
    """

    def __init__(self, settings, logs_dir):
        self.settings = settings
        self.logs_dir = logs_dir
        self.grpc_address = f"127.0.0.1:{settings.grpc.port}"
        self.base_url = f"http://127.0.0.1:{settings.http.port}"

    @cached_property
    def channel(self):
        return grpc.insecure_channel(self.grpc_address)

    @cached_property
    def studio(self):
        return studio_pb2_grpc.StudioServiceStub(self.channel)

    @cached_property
    def catalog(self):
        return catalog_pb2_grpc.CatalogServiceStub(self.channel)

    @cached_property
    def health(self):
        return health_pb2_grpc.HealthStub(self.channel)

    @cached_property
    def http(self):
        return httpx.Client(base_url=self.base_url, timeout=PATIENCE_S)

    def metrics(self):
        return httpx.get(f"http://127.0.0.1:{self.settings.ray.metrics_port}/metrics").text

    def log_lines(self, request_id):
        """All JSON log lines of one request, from every process."""
        lines = []
        for file in self.logs_dir.glob("worker-*.err"):
            for line in file.read_text(errors="replace").splitlines():
                if request_id in line and line.startswith("{"):
                    lines.append(json.loads(line))
        return lines

    def wait_for_answer(self, request_id):
        """The request's log lines, once the gateway has written its last."""
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:
            lines = self.log_lines(request_id)
            if any(line["event"] == "request answered" for line in lines):
                return lines
            time.sleep(0.2)
        raise AssertionError(f"no answer of {request_id} in the logs")

    def close(self):
        self.channel.close()
        self.http.close()


def details_of(error):
    """A gRPC error's rich details by message name, from `grpc-status-details-bin`."""
    known = {each.DESCRIPTOR.full_name: each for each in (
        error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo,
        error_details_pb2.RequestInfo,
    )}  # fmt: skip
    found = {}
    for packed in rpc_status.from_call(error).details:
        message = known[packed.TypeName()]()
        packed.Unpack(message)
        found[message.DESCRIPTOR.name] = message
    return found
