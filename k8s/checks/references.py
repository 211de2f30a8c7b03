"""What one object says of another: that it is there. A schema takes any name."""

from collections.abc import Iterator
from typing import Any, Final

from k8s.checks.names import ENVIRONMENT
from k8s.checks.pods import Manifest, Pods, pods_of
from k8s.checks.routes import route_faults
from k8s.checks.selectors import monitor_faults, selector_faults

#: By reference alone: who installs Vitrine makes them (docs/kubernetes.md), with these keys.
SECRETS: Final = {
    "vitrine-database": {"url"},
    "vitrine-metrics": {"key"},
    "vitrine-redis": {"password"},
    "vitrine-s3": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
    "vitrine-signing": {"tls.crt", "tls.key"},
    "vitrine-tls": {"tls.crt", "tls.key"},
}
#: Likewise: the catalogue of the operator's own checkpoints.
CONFIG_MAPS: Final = {"vitrine-models"}


def reference_faults(manifests: list[Manifest]) -> list[str]:
    """What the objects of one rendering name and nobody has."""
    pods = pods_of(manifests)
    return [
        *(f"{each.owner}: {fault}" for each in pods for fault in _pod_faults(each, manifests)),
        *_secret_faults(manifests),
        *selector_faults(manifests, pods),
        *monitor_faults(manifests),
        *route_faults(manifests),
    ]


def _pod_faults(pods: Pods, manifests: list[Manifest]) -> Iterator[str]:
    there = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    there |= {("ConfigMap", name) for name in CONFIG_MAPS}
    yield from (f"there is no {kind} {name}" for kind, name in set(_named_by(pods)) - there)
    volumes = {each["name"] for each in pods.spec.get("volumes", ())} | _claims(manifests)
    for container in pods.containers:
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        yield from (f"there is no volume {name}" for name in mounted - volumes)
        given = {variable["name"] for variable in container.get("env", ())}
        yield from (f"nobody reads the environment variable {name}" for name in given - ENVIRONMENT)


def _named_by(pods: Pods) -> Iterator[tuple[str, str]]:
    yield "ServiceAccount", pods.spec["serviceAccountName"]
    if "priorityClassName" in pods.spec:
        yield "PriorityClass", pods.spec["priorityClassName"]
    for container in pods.containers:
        for source in container.get("envFrom", ()):
            if "configMapRef" in source:
                yield "ConfigMap", source["configMapRef"]["name"]
    for volume in pods.spec.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]


def _claims(manifests: list[Manifest]) -> set[str]:
    sets = [manifest["spec"] for manifest in manifests if manifest["kind"] == "StatefulSet"]
    return {claim["metadata"]["name"] for spec in sets for claim in spec.get("volumeClaimTemplates", ())}


def _secret_faults(manifests: list[Manifest]) -> Iterator[str]:
    for name, key in _secrets(manifests):
        if name not in SECRETS:
            yield f"there is no secret {name}"
        elif key and key not in SECRETS[name]:
            yield f"the secret {name} has no key {key}"


def _secrets(node: Any) -> Iterator[tuple[str, str]]:
    """Every secret that is referred to, at any depth, with its key where one is named."""
    if isinstance(node, list):
        for each in node:
            yield from _secrets(each)
    elif isinstance(node, dict):
        for field, value in node.items():
            if field in {"credentials", "secretKeyRef", "secretRef"}:
                yield value["name"], value.get("key", "")
            elif field == "secretName":
                yield value, ""
            elif field == "certificateRefs":
                yield from ((each["name"], "") for each in value)
            else:
                yield from _secrets(value)
