"""Callers on this machine are the local tenant; nobody else is served."""

import pytest

from services.common.errors import Forbidden
from services.gateway.auth import LOCAL_TENANT, tenant_of


@pytest.mark.parametrize(
    "peer",
    [
        "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "ipv4:127.0.0.1:40112", "ipv6:[::1]:40112",
        "ipv6:%5B::1%5D:40112", "ipv6:%5B::ffff:127.0.0.1%5D:40112", "unix:/tmp/socket", "unix:",
    ],
)  # fmt: skip
def test_peer_on_this_machine_is_local(peer):
    assert tenant_of(peer) == LOCAL_TENANT


@pytest.mark.parametrize(
    "peer",
    [
        "203.0.113.9", "ipv4:203.0.113.9:40112", "ipv6:[2001:db8::1]:40112", "::ffff:203.0.113.9", "10.0.0.1",
        "localhost", "127.0.0.1.example.org", "ipv4:", "", "unknown",
    ],
)  # fmt: skip
def test_any_other_peer_is_refused(peer):
    with pytest.raises(Forbidden):
        tenant_of(peer)
