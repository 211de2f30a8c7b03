"""What stands before gateway replicas, in services whose replicas can also be reached past it."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loadtests.own_settings import environment_of, own_settings
from services.common.settings import Settings

#: Past what stands before the replica.
DIRECT: Final = "direct"
#: Where replicas listen, counted from the service's first port.
_OWN_PORTS: Final = 100


@dataclass(frozen=True)
class Front:
    """One, and a service that has it.

    Args:
        name: In a word.
        title: For people.
        host: That HTTP has to listen at.
        serve: What Serve reads from the environment for it.
    """

    name: str
    title: str
    host: str = "127.0.0.1"
    serve: Mapping[str, str] = field(default_factory=dict)

    def settings(self, folder: Path, port: int) -> Settings:
        """Of the service.

        Args:
            folder: Gets its data.
            port: The first of 300.
        """
        return own_settings(folder, port, self._sections(port))

    def environment(self, port: int, sections: Mapping[str, Any] | None = None) -> dict[str, str]:
        """The same for a process, but for what it is told by its options.

        Args:
            port: The first of 300.
            sections: Of the tree, put over these.
        """
        return environment_of({**self._sections(port), **(sections or {})}) | dict(self.serve)

    def doors(self, settings: Settings) -> dict[str, tuple[int, int]]:
        """Where a caller may go, by HTTP and by gRPC, while the service runs."""
        ray = settings.ray
        return {
            self.name: (settings.http.port, settings.grpc.port),
            DIRECT: (listening(ray.direct_http_ports), listening(ray.direct_grpc_ports)),
        }

    def _sections(self, port: int) -> dict[str, Any]:
        return {
            "http": {"host": self.host},
            # Behind HAProxy no caller comes from this machine.
            "tenants": {"require_keys": True},
            # So that what making one takes, and how that varies, does not hide what its way adds.
            "segment": {"cutouts_mb": 128},
            "observability": {"log_level": "WARNING"},
            "ray": {
                "direct_ingress": True,
                "direct_http_port": port + _OWN_PORTS,
                "direct_grpc_port": port + 2 * _OWN_PORTS,
            },
        }


PROXY: Final = Front("proxy", "Serve's proxy")
#: It reaches replicas at the node's address, so that HTTP has to listen at every one.
HAPROXY: Final = Front("haproxy", "HAProxy", "0.0.0.0", {"RAY_SERVE_ENABLE_HA_PROXY": "1"})  # noqa: S104
FRONTS: Final = (PROXY, HAPROXY)


def listening(ports: range) -> int:
    """The first at which somebody does; Serve passes over ports that a service before has only just left.

    Raises:
        RuntimeError: Nobody does.
    """
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
    raise RuntimeError(f"no replica listens from port {ports.start} to {ports.stop - 1}")
