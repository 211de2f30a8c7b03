"""Names that no schema knows: the keys of free maps, such as labels, and environment variables.

A schema takes any label, so a misspelt one would select nothing and say nothing. Whoever adds a name adds it here.
"""

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from services.common.settings import Settings


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{variable}__")
        else:
            yield variable


#: Every setting of services/common/settings.py as the environment gives it.
SETTINGS: Final = frozenset(_variables(Settings, "VITRINE_"))

#: What else a container's environment may hold: Ray's (ray/_private/ray_constants.py), OpenTelemetry's and Redis' own.
ENVIRONMENT: Final = SETTINGS | {
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S",
    "RAY_USAGE_STATS_ENABLED",
    "REDISCLI_AUTH",
}

#: What Serve reads from its own: `serve_environment` of services/app.py.
SERVE_ENVIRONMENT: Final = frozenset(
    {
        "RAY_SERVE_GRPC_MAX_MESSAGE_SIZE",
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH",
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S",
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S",
    }
)

_LABELS: Final = frozenset(
    {
        "app.kubernetes.io/component",
        "app.kubernetes.io/part-of",
        "kubernetes.io/metadata.name",
        "pod-security.kubernetes.io/enforce",
        "pod-security.kubernetes.io/warn",
        "ray.io/group",
    }
)
_RESOURCES: Final = frozenset({"cpu", "memory", "nvidia.com/gpu", "storage"})

#: By the name of the field that holds the map; a map that is not here may hold nothing.
FREE_MAPS: Final = {
    "annotations": frozenset({"description", "runbook_url", "summary"}),  # of alerts
    "data": ENVIRONMENT,  # of ConfigMaps; ours are environments
    "labels": _LABELS | {"severity"},  # which alerts have
    "limits": _RESOURCES,
    "matchLabels": _LABELS,
    "rayStartParams": frozenset({"num-cpus"}),
    "requests": _RESOURCES,
    "selector": _LABELS,
}
