"""Who is calling.

A caller with an API key is its tenant. Without one, callers on this machine are the tenant `local`, if the operator
allows it, and nobody else is served. The check is made for every call, because Serve's gRPC proxy listens on all
interfaces (`ray/serve/_private/grpc_util.py`, `start_grpc_server`).
"""

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from services.common.errors import Forbidden, Unauthenticated
from services.tenants.caller import Caller, Scope
from services.tenants.directory import Directory

#: What a key needs for a call, by the RPC's name; a call that is not here makes something.
SCOPES: Final[Mapping[str, Scope]] = MappingProxyType(
    {
        "ReadBlob": Scope.READ,
        "ListScenes": Scope.READ,
        "ListModels": Scope.READ,
        "ListRuleSets": Scope.READ,
        "ListStyles": Scope.READ,
        "ListWebhooks": Scope.READ,
        "ListWebhookDeliveries": Scope.READ,
        "GetJob": Scope.READ,
        "ListJobs": Scope.READ,
        "ListJobItems": Scope.READ,
        "WatchJob": Scope.READ,
        "CreateJobManifest": Scope.READ,
        "GetStyleTraining": Scope.READ,
        "ListStyleTrainings": Scope.READ,
        "CreateStyleTraining": Scope.TRAIN,
        "CancelStyleTraining": Scope.TRAIN,
        "GetUsage": Scope.USAGE,
    }
)
#: What makes no picture: the rate is not about it. A caller that asks too often can still stop its jobs.
UNCOUNTED: Final = frozenset(
    {"CancelJob", "PauseJob", "ResumeJob", "DeleteJob"}
    | {
        "DeleteStyle",
        "CreateWebhook",
        "UpdateWebhook",
        "DeleteWebhook",
        "RotateWebhookSecret",
        "PingWebhook",
        "RedeliverWebhook",
    }
)


def scope_of(method: str) -> Scope:
    """What a key needs for a call."""
    return SCOPES.get(method, Scope.CREATE)


class Auth:
    """Tells who calls.

    Args:
        directory: Knows the keys.
        require_keys: Ask callers on this machine for a key too.
    """

    def __init__(self, directory: Directory, require_keys: bool = False) -> None:
        self._directory = directory
        self._require_keys = require_keys

    async def caller(self, peer: str, authorization: str, scope: Scope) -> Caller:
        """The tenant that a call is made for.

        Args:
            peer: An IP address, or gRPC's form of it: "ipv4:127.0.0.1:40112", "ipv6:[::1]:40112", "unix:/path".
            authorization: As it was sent, "Bearer …"; empty where nothing was. A wrong key is never as good as none.
            scope: What the key must be good for.

        Raises:
            Unauthenticated: There is no key, or one that does not work.
            Forbidden: The key is not good for this.
            StorageUnavailable: Keys can't be looked up.
        """
        if authorization:
            caller = await self._directory.caller(_bearer(authorization))
        elif is_local(peer) and not self._require_keys:
            caller = await self._directory.local()
        else:
            raise Unauthenticated("an API key is needed: send it as 'Authorization: Bearer vitrine_…'")
        if scope not in caller.scopes:
            raise Forbidden(f"the API key is not good for this call; it needs the scope '{scope}'", scope=scope.value)
        return caller


def is_local(peer: str) -> bool:
    """Whether a peer is on this machine."""
    if peer.startswith(("unix:", "unix-abstract:")):
        return True
    try:
        address = ipaddress.ip_address(_host(peer))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("the Authorization is of an unknown kind; send 'Bearer vitrine_…'")
    return token.strip()


def _host(peer: str) -> str:
    for scheme in ("ipv4:", "ipv6:"):
        if peer.startswith(scheme):
            # grpc escapes the brackets of IPv6 peers: "ipv6:%5B::1%5D:40112"
            return unquote(peer.removeprefix(scheme)).rpartition(":")[0].strip("[]")
    return peer
