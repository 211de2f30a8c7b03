"""The way of a request: from a listener of the Gateway over a route to a port of the service."""

from collections.abc import Iterator

from k8s.checks.pods import Manifest


def route_faults(manifests: list[Manifest]) -> Iterator[str]:
    """Routes from a listener that there is not, or to a port that there is not."""
    listeners = {
        (each["metadata"]["name"], listener["name"], listener["hostname"])
        for each in manifests
        if each["kind"] == "Gateway"
        for listener in each["spec"]["listeners"]
    }
    # KubeRay makes this service.
    services = [each["spec"]["serveService"] for each in manifests if each["kind"] == "RayService"]
    backends = {(each["metadata"]["name"], port["port"]) for each in services for port in each["spec"]["ports"]}
    for route in manifests:
        if route["kind"] in {"HTTPRoute", "GRPCRoute"}:
            title = f"{route['kind']} {route['metadata']['name']}"
            for name, section, host in _ways_in(route["spec"]) - listeners:
                yield f"{title}: no Gateway {name} has a listener {section} for {host}"
            for name, port in _ways_out(route["spec"]) - backends:
                yield f"{title}: no service {name} has a port {port}"


def _ways_in(spec: Manifest) -> set[tuple[str, str, str]]:
    return {
        (parent["name"], parent["sectionName"], host) for parent in spec["parentRefs"] for host in spec["hostnames"]
    }


def _ways_out(spec: Manifest) -> set[tuple[str, int]]:
    return {(backend["name"], backend["port"]) for rule in spec["rules"] for backend in rule["backendRefs"]}
