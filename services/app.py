"""The composition root: settings in, a Serve application out. Also starts and stops the service on this machine."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import ray
from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy, BackpressureConfig
from ray.serve.schema import LoggingConfig

from services.common.errors import NotReady
from services.common.job_settings import JobSettings
from services.common.ports import require_free_ports
from services.common.ray_settings import RaySettings
from services.common.section import ScalingSettings
from services.common.settings import GenerateSettings, Settings
from services.common.training_settings import TrainingSettings
from services.factory.deployment import TrainerDeployment
from services.factory.trainer import DRAIN_MARGIN_S as TRAINER_MARGIN_S
from services.gateway.deployment import GatewayDeployment
from services.generate.deployment import GenerateDeployment
from services.generate.scaling import PixelsPolicy
from services.jobs.deployment import DispatcherDeployment
from services.jobs.dispatcher import DRAIN_MARGIN_S
from services.jobs.scaling import BacklogPolicy
from services.postprocess.deployment import PostprocessDeployment
from services.provenance.writer import PictureWriter
from services.segment.deployment import SegmentDeployment

APPLICATION: Final = "vitrine"

#: Import paths of what Serve's proxies load to register our gRPC services and to stand before HTTP.
GRPC_SERVICERS: Final = ("services.gateway.grpc_front.add_services",)
HTTP_MIDDLEWARES: Final = "services.gateway.http_front.middlewares"

#: Besides the photo, in a gRPC message: far more than all other fields, so that the answer to a photo that is too
#: large is ours, which names the limit, and not gRPC's.
_GRPC_ROOM_BYTES: Final = 8 << 20
#: Serve kills a proxy that has not started within 5 s of its own accord; on a small machine under load it takes longer.
_PROXY_STARTS_S: Final = 30


def build(settings: Settings) -> serve.Application:
    """The application: the Gateway, and behind it the stages and what works on jobs, each scaled on its own.

    Serve's config file names this function and gives `args`, the settings tree; the environment fills what they leave
    out.
    """
    # A replica that goes ends what it has, however long a request may ask for; Serve's own 20 s would break off some.
    patient: dict[str, Any] = {"graceful_shutdown_timeout_s": settings.limits.max_timeout_s}
    segment = SegmentDeployment.options(**_options(settings.segment), **patient).bind(settings)
    generate = GenerateDeployment.options(**_generate_options(settings.generate), **patient).bind(settings)
    postprocess = PostprocessDeployment.options(**_options(settings.postprocess), **patient).bind(settings)
    dispatcher = DispatcherDeployment.options(**dispatcher_options(settings.jobs))
    waker = dispatcher.bind(settings, segment, generate, postprocess)
    gateway = GatewayDeployment.options(**_options(settings.gateway), **patient)
    trainers = [_trainer(settings)] if settings.training.enabled else []
    return gateway.bind(settings, segment, generate, postprocess, waker, *trainers)


def _options(stage: ScalingSettings) -> dict[str, Any]:
    return {
        "ray_actor_options": {"num_cpus": stage.num_cpus, "num_gpus": stage.num_gpus},
        "max_ongoing_requests": stage.max_ongoing_requests,
        "max_queued_requests": stage.max_queued_requests,
        "backpressure_config": BackpressureConfig(status_code=429, retry_after_s=1),
        "autoscaling_config": AutoscalingConfig(
            min_replicas=stage.min_replicas,
            max_replicas=stage.max_replicas,
            target_ongoing_requests=stage.target_ongoing_requests,
            look_back_period_s=stage.look_back_period_s,
            upscale_delay_s=stage.upscale_delay_s,
            downscale_delay_s=stage.downscale_delay_s,
            downscale_to_zero_delay_s=stage.downscale_to_zero_delay_s,
        ),
    }


def _generate_options(generate: GenerateSettings) -> dict[str, Any]:
    """Where plates are rendered, what counts is how large they are; see `services/generate/scaling.py`."""
    options = _options(generate)
    if generate.engine == "plate":
        options["autoscaling_config"].policy = _policy(PixelsPolicy, target_megapixels=generate.target_megapixels)
    return options


def _policy(policy: type, **kwargs: float) -> Any:
    made: Any = AutoscalingPolicy  # its constructor carries no types
    return made(policy_function=policy, policy_kwargs=kwargs)


def dispatcher_options(jobs: JobSettings) -> dict[str, Any]:
    """How dispatchers are scaled, by the age of the backlog, and how they end: their work is no request that Serve
    would wait for, and their drain has time to give back what does not end."""
    return _pulling_options(jobs, jobs.drain_s + DRAIN_MARGIN_S)


def _trainer(settings: Settings) -> serve.Application:
    """What trains styles; it pulls its work and drains as dispatchers do."""
    training = settings.training
    options = _pulling_options(training, training.drain_s + TRAINER_MARGIN_S)
    return TrainerDeployment.options(**options).bind(settings)


def _pulling_options(section: JobSettings | TrainingSettings, drain_s: float) -> dict[str, Any]:
    options = _options(section)
    options["autoscaling_config"].policy = _policy(BacklogPolicy, target_s=section.target_backlog_s)
    return options | {"graceful_shutdown_wait_loop_s": 0.1, "graceful_shutdown_timeout_s": drain_s}


class LocalService:
    """The whole service on this machine, with a Ray of its own. A context manager: ready inside, stopped behind.

    Args:
        settings: The whole tree.
        application: Makes what is served of them; measurements put other stages in.
    """

    def __init__(self, settings: Settings, application: Callable[[Settings], serve.Application] = build) -> None:
        self._settings = settings
        self._application = application
        self._stopped = threading.Event()
        self.logs_dir: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until each stage has finished its warm-up. Logs are in `logs_dir` then.

        Raises:
            InvalidInput: A port is taken, or the operator's certificates or key can't be signed with.
            NotReady: A part did not start; the message tells which and why.
        """
        require_free_ports(self._settings)
        # Replicas would say it too, but only after Serve has started them several times.
        PictureWriter.open(self._settings.provenance)
        logging.getLogger("ray.serve").setLevel(logging.WARNING)
        quiet = LoggingConfig(encoding="JSON", log_level="WARNING", enable_access_log=False)
        # Ray would report how it is used to its makers.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            context: Any = ray.init(
                address="local",
                num_cpus=self._settings.ray.num_cpus,
                object_store_memory=self._settings.ray.object_store_mb << 20,
                include_dashboard=False,
                logging_level=logging.ERROR,
                _metrics_export_port=self._settings.ray.metrics_port,
            )
            # Ray's core takes SIGTERM for itself, dies of it at once and leaves processes behind.
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, on_sigterm or signal.SIG_DFL)
            self.logs_dir = Path(context.address_info["session_dir"]) / "logs"
            serve.start(
                http_options={
                    "host": self._settings.http.host,
                    "port": self._settings.http.port,
                    "keep_alive_timeout_s": self._settings.http.keep_alive_s,
                },
                grpc_options={
                    "port": self._settings.grpc.port,
                    "grpc_servicer_functions": list(GRPC_SERVICERS),
                    "enable_reflection": self._settings.grpc.reflection,
                },
                logging_config=quiet,
                controller_options={"runtime_env": {"env_vars": serve_environment(self._settings)}},
            )
            serve.run(self._application(self._settings), name=APPLICATION, route_prefix="/", logging_config=quiet)
        except RuntimeError as error:
            reason = _reason()
            self.stop()
            raise NotReady(f"the service did not start: {reason}") from error
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Until `stop` is called, from a signal handler or another thread."""
        self._stopped.wait()

    def stop(self) -> None:
        """Let running requests end, then stop everything. Does nothing the second time."""
        self._stopped.set()
        if ray.is_initialized():
            serve.shutdown()  # type: ignore[no-untyped-call] # Serve's own
            ray.shutdown()


def serve_environment(settings: Settings) -> dict[str, str]:
    """What Serve reads from the environment alone. Proxies: the largest gRPC message, and what stands before HTTP.
    Replicas and proxies: how often they report their load. The controller: how long a proxy may take to start, and
    whether gateway replicas listen themselves."""
    direct = _direct_environment(settings.ray) if settings.ray.direct_ingress else {}
    return direct | {
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": str(_PROXY_STARTS_S),
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": f"{settings.ray.load_report_s:g}",
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": f"{settings.ray.load_report_s:g}",
        "RAY_SERVE_GRPC_MAX_MESSAGE_SIZE": str(settings.limits.max_image_bytes + _GRPC_ROOM_BYTES),
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": HTTP_MIDDLEWARES,
    }


def _direct_environment(ray_settings: RaySettings) -> dict[str, str]:
    """Gateway replicas load what proxies load, and listen at the first free port of each range. One that goes ends what
    it has and no more: Serve would have it stay for 30 s, which is for balancers of many machines."""
    http, grpc = ray_settings.direct_http_ports, ray_settings.direct_grpc_ports
    return {
        "RAY_SERVE_ENABLE_DIRECT_INGRESS": "1",
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(http.start),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(http.stop),
        "RAY_SERVE_DIRECT_INGRESS_MIN_GRPC_PORT": str(grpc.start),
        "RAY_SERVE_DIRECT_INGRESS_MAX_GRPC_PORT": str(grpc.stop),
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
    }


def _reason() -> str:
    """Why the application did not start: the last line of the first unhealthy deployment's message."""
    for application in serve.status().applications.values():
        for name, deployment in application.deployments.items():
            if deployment.message:
                return f"{name}: {deployment.message.strip().splitlines()[-1]}"
    return "its logs tell more"
