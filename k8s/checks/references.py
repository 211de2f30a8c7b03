"""What one object says of another: that it is there. A schema takes any name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from k8s.checks.names import ENVIRONMENT

Manifest = dict[str, Any]

#: By reference alone: who installs Vitrine makes them (docs/kubernetes.md), with these keys.
SECRETS: Final = {
    "vitrine-database": {"url"},
    "vitrine-redis": {"password"},
    "vitrine-s3": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
    "vitrine-tls": {"tls.crt", "tls.key"},
}
#: Likewise: the catalogue of the operator's own checkpoints.
CONFIG_MAPS: Final = {"vitrine-models"}


@dataclass(frozen=True)
class Pods:
    """A template of pods and the labels that they come to have."""

    owner: str
    labels: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        """Those of the pod and those before them."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


def pods_of(manifests: list[Manifest]) -> list[Pods]:
    """Every template of pods in them; Ray's get the labels that KubeRay adds (labelPod in its common/pod.go)."""
    pods = []
    for manifest in manifests:
        spec, name = manifest.get("spec", {}), manifest["metadata"]["name"]
        if manifest["kind"] == "RayService":
            cluster = spec["rayClusterConfig"]
            groups = [("headgroup", cluster["headGroupSpec"])]
            groups += [(group["groupName"], group) for group in cluster["workerGroupSpecs"]]
            for group, each in groups:
                template = each["template"]
                labels = template["metadata"]["labels"] | {"ray.io/group": group}
                pods.append(Pods(f"{name} {group}", labels, template["spec"]))
        elif manifest["kind"] in {"Job", "StatefulSet", "Deployment"}:
            template = spec["template"]
            pods.append(Pods(f"{manifest['kind']} {name}", template["metadata"]["labels"], template["spec"]))
    return pods


def reference_faults(manifests: list[Manifest]) -> list[str]:
    """What the objects of one rendering name and nobody has."""
    pods = pods_of(manifests)
    return [*_names(manifests, pods), *_variables(pods), *_selectors(manifests, pods), *_routes(manifests)]


def _names(manifests: list[Manifest], pods: list[Pods]) -> Iterator[str]:
    there = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    config_maps = {name for kind, name in there if kind == "ConfigMap"} | CONFIG_MAPS
    for each in pods:
        for field, kind in (("serviceAccountName", "ServiceAccount"), ("priorityClassName", "PriorityClass")):
            name = each.spec.get(field)
            if name and (kind, name) not in there:
                yield f"{each.owner}: there is no {kind} {name}"
        for name in _config_maps(each):
            if name not in config_maps:
                yield f"{each.owner}: there is no ConfigMap {name}"
        volumes = {volume["name"] for volume in each.spec.get("volumes", ())}
        for container in each.containers:
            for mount in container.get("volumeMounts", ()):
                if mount["name"] not in volumes | _claimed(manifests):
                    yield f"{each.owner}: there is no volume {mount['name']}"
    for key, name in _secrets(manifests):
        if name not in SECRETS or (key and key not in SECRETS[name]):
            yield f"there is no key {key} in a secret {name}" if key else f"there is no secret {name}"


def _config_maps(pods: Pods) -> Iterator[str]:
    for container in pods.containers:
        yield from (each["configMapRef"]["name"] for each in container.get("envFrom", ()) if "configMapRef" in each)
    yield from (each["configMap"]["name"] for each in pods.spec.get("volumes", ()) if "configMap" in each)


def _claimed(manifests: list[Manifest]) -> set[str]:
    sets = [manifest["spec"] for manifest in manifests if manifest["kind"] == "StatefulSet"]
    return {claim["metadata"]["name"] for spec in sets for claim in spec.get("volumeClaimTemplates", ())}


def _secrets(node: Any) -> Iterator[tuple[str, str]]:
    """Every secret that is referred to, with its key where one is named."""
    if isinstance(node, list):
        for each in node:
            yield from _secrets(each)
    elif isinstance(node, dict):
        for field, value in node.items():
            if field == "secretKeyRef":
                yield value["key"], value["name"]
            elif field == "secretRef":
                yield "", value["name"]
            elif field == "certificateRefs":
                yield from (("", each["name"]) for each in value)
            else:
                yield from _secrets(value)


def _variables(pods: list[Pods]) -> Iterator[str]:
    for each in pods:
        for container in each.containers:
            for variable in container.get("env", ()):
                if variable["name"] not in ENVIRONMENT:
                    yield f"{each.owner}: the environment variable {variable['name']} is none that anybody reads"


def _selectors(manifests: list[Manifest], pods: list[Pods]) -> Iterator[str]:
    for manifest in manifests:
        title = f"{manifest['kind']} {manifest['metadata']['name']}"
        for selector, ports in _selections(manifest):
            chosen = [each for each in pods if selects(selector, each.labels)]
            if not chosen:
                yield f"{title}: selects no pod by {selector}"
            names = {port["name"] for each in chosen for c in each.containers for port in c.get("ports", ())}
            yield from (f"{title}: no pod has a port {port}" for port in ports - names)


def _selections(manifest: Manifest) -> Iterator[tuple[Manifest, set[str]]]:
    """The selectors of pods in an object, each with the names of ports that it expects there."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "Service":
        yield {"matchLabels": spec["selector"]}, _named(port["targetPort"] for port in spec["ports"])
    elif manifest["kind"] == "PodDisruptionBudget":
        yield spec["selector"], set()
    elif manifest["kind"] == "PodMonitor":
        yield spec["selector"], _named(endpoint["port"] for endpoint in spec["podMetricsEndpoints"])
    elif manifest["kind"] == "NetworkPolicy":
        inward = [port["port"] for rule in spec.get("ingress", ()) for port in rule.get("ports", ())]
        yield spec["podSelector"], _named(inward)
        for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
            outward = [port["port"] for port in rule.get("ports", ())] if "to" in rule else []
            for peer in rule.get("from", rule.get("to", ())):
                if "podSelector" in peer:
                    yield peer["podSelector"], _named(outward)


def _named(ports: Any) -> set[str]:
    return {port for port in ports if isinstance(port, str)}


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector takes a pod with these labels; of expressions only `In` is used here."""
    pairs = selector.get("matchLabels", {}).items()
    expressions = selector.get("matchExpressions", ())
    return all(labels.get(key) == value for key, value in pairs) and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"] for each in expressions
    )


def _routes(manifests: list[Manifest]) -> Iterator[str]:
    listeners: set[tuple[str, str, str]] = set()
    backends: set[tuple[str, int]] = set()
    for manifest in manifests:
        name, spec = manifest["metadata"]["name"], manifest.get("spec", {})
        if manifest["kind"] == "Gateway":
            listeners |= {(name, each["name"], each["hostname"]) for each in spec["listeners"]}
        if manifest["kind"] == "RayService":
            service = spec["serveService"]
            backends |= {(service["metadata"]["name"], port["port"]) for port in service["spec"]["ports"]}
    for manifest in manifests:
        if manifest["kind"] not in {"HTTPRoute", "GRPCRoute"}:
            continue
        title = f"{manifest['kind']} {manifest['metadata']['name']}"
        for parent in manifest["spec"]["parentRefs"]:
            for host in manifest["spec"]["hostnames"]:
                if (parent["name"], parent["sectionName"], host) not in listeners:
                    yield f"{title}: no Gateway {parent['name']} has a listener {parent['sectionName']} for {host}"
        for rule in manifest["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                if (backend["name"], backend["port"]) not in backends:
                    yield f"{title}: no service {backend['name']} has a port {backend['port']}"
