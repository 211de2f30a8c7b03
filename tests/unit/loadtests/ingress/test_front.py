"""A service with a front has replicas that are reached past it."""

import socket

import pytest

from loadtests.ingress.front import DIRECT, FRONTS, HAPROXY, PROXY
from tests.support.running_service import free_ports


@pytest.fixture
def ports():
    """Three hundred of which the first, at least, is nobody's."""
    [first] = free_ports(1)
    return range(first, first + 300)


@pytest.mark.parametrize("front", FRONTS, ids=lambda each: each.name)
def test_door_past_the_front_is_where_a_replica_listens(front, tmp_path, ports):
    settings = front.settings(tmp_path, ports.start)
    first, second = settings.ray.direct_http_ports, settings.ray.direct_grpc_ports
    with socket.create_server(("127.0.0.1", first[1])), socket.create_server(("127.0.0.1", second[0])):
        doors = front.doors(settings)
    assert doors == {front.name: (ports[0], ports[1]), DIRECT: (first[1], second[0])}


def test_service_whose_replicas_do_not_listen_is_an_error(tmp_path, ports):
    with pytest.raises(RuntimeError, match="no replica listens"):
        PROXY.doors(PROXY.settings(tmp_path, ports.start))


def test_process_is_told_by_its_environment_what_callers_know(tmp_path):
    ray, environment = PROXY.settings(tmp_path, 18_000).ray, PROXY.environment(18_000)
    assert environment["VITRINE_RAY__DIRECT_HTTP_PORT"] == str(ray.direct_http_port) == "18100"
    assert environment["VITRINE_RAY__DIRECT_GRPC_PORT"] == str(ray.direct_grpc_port) == "18200"


def test_haproxy_is_asked_for_where_it_is_the_front_alone():
    assert HAPROXY.environment(18_000)["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert not any(name.startswith("RAY") for name in PROXY.environment(18_000))


def test_sections_of_a_measurement_stand_over_the_fronts():
    told = PROXY.environment(18_000, {"tenants": {"require_keys": False}})
    assert told["VITRINE_TENANTS__REQUIRE_KEYS"] == "false"
