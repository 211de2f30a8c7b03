"""A port that somebody else holds is found before anything starts."""

import socket

import pytest

from services.common.errors import InvalidInput
from services.common.ports import is_free, require_free_ports
from services.common.settings import Settings


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_not_free(taken):
    assert not is_free("127.0.0.1", taken)
    assert not is_free("", taken)


def test_taken_port_is_named_with_the_setting_that_changes_it(taken):
    with pytest.raises(InvalidInput, match=f"port {taken} .HTTP. is taken.*VITRINE_HTTP__PORT"):
        require_free_ports(Settings.model_validate({"http": {"port": taken}}))


def test_host_that_is_none_of_this_machine_is_not_called_taken():
    with pytest.raises(InvalidInput, match=r"can't listen at 203\.0\.113\.1, port 8000"):
        is_free("203.0.113.1", 8000)
