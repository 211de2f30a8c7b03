"""Who is calling.

Without keys, callers on this machine are the tenant `local` and nobody else is served. The check is made for every
call, because Serve's gRPC proxy listens on all interfaces (`ray/serve/_private/grpc_util.py`, `start_grpc_server`).
"""

import ipaddress
from urllib.parse import unquote

from services.common.errors import Forbidden

LOCAL_TENANT = "local"


def tenant_of(peer: str) -> str:
    """The tenant that a peer speaks for.

    Args:
        peer: An IP address, or gRPC's form of it: "ipv4:127.0.0.1:40112", "ipv6:[::1]:40112", "unix:/path".

    Raises:
        Forbidden: The peer is not on this machine, or not known.
    """
    if peer.startswith(("unix:", "unix-abstract:")):
        return LOCAL_TENANT
    try:
        address = ipaddress.ip_address(_host(peer))
    except ValueError:
        raise Forbidden("this service takes calls from its own machine only") from None
    mapped = getattr(address, "ipv4_mapped", None)
    if not (mapped or address).is_loopback:
        raise Forbidden("this service takes calls from its own machine only")
    return LOCAL_TENANT


def _host(peer: str) -> str:
    for scheme in ("ipv4:", "ipv6:"):
        if peer.startswith(scheme):
            # grpc escapes the brackets of IPv6 peers: "ipv6:%5B::1%5D:40112"
            return unquote(peer.removeprefix(scheme)).rpartition(":")[0].strip("[]")
    return peer
