"""Selectors of pods, and the ports that they expect there."""

from collections.abc import Iterable, Iterator

from k8s.checks.pods import Manifest, Pods


def selector_faults(manifests: list[Manifest], pods: list[Pods]) -> Iterator[str]:
    """Selectors that take no pod, and named ports that no pod has which they take."""
    for manifest in manifests:
        title = f"{manifest['kind']} {manifest['metadata']['name']}"
        for selector, ports in _selections(manifest):
            chosen = [each for each in pods if selects(selector, each.labels)]
            if not chosen:
                yield f"{title}: selects no pod by {selector}"
            there = {port["name"] for each in chosen for one in each.containers for port in one.get("ports", ())}
            yield from (f"{title}: no pod has a port {port}" for port in ports - there)


def monitor_faults(manifests: list[Manifest]) -> Iterator[str]:
    """ServiceMonitors that take no service, or expect a port that it has not."""
    # KubeRay makes this service.
    services = [each["spec"]["serveService"] for each in manifests if each["kind"] == "RayService"]
    for monitor in (each for each in manifests if each["kind"] == "ServiceMonitor"):
        chosen = [each for each in services if selects(monitor["spec"]["selector"], each["metadata"]["labels"])]
        ports = {port["name"] for each in chosen for port in each["spec"]["ports"]}
        for endpoint in monitor["spec"]["endpoints"]:
            if endpoint["port"] not in ports:
                yield f"ServiceMonitor {monitor['metadata']['name']}: no service has a port {endpoint['port']}"


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector takes a pod with these labels; of expressions only `In` is used here."""
    pairs = selector.get("matchLabels", {}).items()
    expressions = selector.get("matchExpressions", ())
    return all(labels.get(key) == value for key, value in pairs) and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"] for each in expressions
    )


def _selections(manifest: Manifest) -> Iterator[tuple[Manifest, set[str]]]:
    """The selectors in an object, each with the names of ports that it expects."""
    spec = manifest.get("spec", {})
    match manifest["kind"]:
        case "Service":
            yield {"matchLabels": spec["selector"]}, _named(port["targetPort"] for port in spec["ports"])
        case "PodDisruptionBudget":
            yield spec["selector"], set()
        case "PodMonitor":
            yield spec["selector"], _named(endpoint["port"] for endpoint in spec["podMetricsEndpoints"])
        case "NetworkPolicy":
            yield from _allowed(spec)


def _allowed(policy: Manifest) -> Iterator[tuple[Manifest, set[str]]]:
    inward = [port["port"] for rule in policy.get("ingress", ()) for port in rule.get("ports", ())]
    yield policy["podSelector"], _named(inward)
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in policy.get(direction, ()):
            outward = [port["port"] for port in rule.get("ports", ())] if direction == "egress" else []
            for peer in rule.get(side, ()):
                if "podSelector" in peer:
                    yield peer["podSelector"], _named(outward)


def _named(ports: Iterable[str | int]) -> set[str]:
    return {port for port in ports if isinstance(port, str)}
