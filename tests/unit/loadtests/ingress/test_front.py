"""A service with a front has replicas that are reached past it."""

import pytest

from loadtests.ingress.front import DIRECT, FRONTS, HAPROXY, PROXY


@pytest.mark.parametrize("front", FRONTS, ids=lambda each: each.name)
def test_service_is_told_by_its_environment_what_the_callers_know(front, tmp_path):
    settings, environment = front.settings(tmp_path, 18_000), front.environment(18_000)
    doors = front.doors(settings)
    assert doors == {front.name: (18_000, 18_001), DIRECT: (18_100, 18_200)}
    assert environment["VITRINE_RAY__DIRECT_HTTP_PORT"] == "18100"
    assert environment["VITRINE_RAY__DIRECT_GRPC_PORT"] == "18200"


def test_haproxy_is_asked_for_where_it_is_the_front_alone():
    assert HAPROXY.environment(18_000)["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert not any(name.startswith("RAY") for name in PROXY.environment(18_000))


def test_sections_of_a_measurement_stand_over_the_fronts():
    told = PROXY.environment(18_000, {"tenants": {"require_keys": False}})
    assert told["VITRINE_TENANTS__REQUIRE_KEYS"] == "false"
