"""A route leads from a listener that there is to a port that there is."""

import pytest

from k8s.checks.routes import route_faults

GATEWAY = {
    "kind": "Gateway", "metadata": {"name": "harbour"},
    "spec": {"listeners": [{"name": "https", "hostname": "boats.example.com"}]},
}  # fmt: skip
SERVICE = {
    "kind": "RayService", "metadata": {"name": "boats"},
    "spec": {"serveService": {"metadata": {"name": "boats-svc"}, "spec": {"ports": [{"port": 8000}]}}},
}  # fmt: skip


def route(parent="harbour", section="https", host="boats.example.com", backend="boats-svc", port=8000):
    spec = {
        "parentRefs": [{"name": parent, "sectionName": section}],
        "hostnames": [host],
        "rules": [{"backendRefs": [{"name": backend, "port": port}]}],
    }
    return {"kind": "HTTPRoute", "metadata": {"name": "way"}, "spec": spec}


def test_a_way_that_there_is_has_no_fault():
    assert list(route_faults([GATEWAY, SERVICE, route()])) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"parent": "port"}, "no Gateway port has a listener https for boats.example.com"),
        ({"section": "http"}, "no Gateway harbour has a listener http for boats.example.com"),
        ({"host": "cars.example.com"}, "no Gateway harbour has a listener https for cars.example.com"),
        ({"backend": "cars-svc"}, "no service cars-svc has a port 8000"),
        ({"port": 8001}, "no service boats-svc has a port 8001"),
    ],
)
def test_a_way_that_there_is_not_is_told(wrong, said):
    assert list(route_faults([GATEWAY, SERVICE, route(**wrong)])) == [f"HTTPRoute way: {said}"]
