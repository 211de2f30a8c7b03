"""Whether the service can listen where its settings say."""

import errno
import socket

from services.common.errors import InvalidInput
from services.common.settings import Settings


def require_free_ports(settings: Settings) -> None:
    """See that nobody else holds the service's ports.

    Raises:
        InvalidInput: Another program holds one; the message names it and the setting that chooses another.
    """
    # Serve's gRPC listens on every interface, whatever HTTP does; metrics do too.
    wanted = (
        ("HTTP", settings.http.host, settings.http.port, "VITRINE_HTTP__PORT"),
        ("gRPC", "", settings.grpc.port, "VITRINE_GRPC__PORT"),
        ("metrics", "", settings.ray.metrics_port, "VITRINE_RAY__METRICS_PORT"),
    )
    for purpose, host, port, variable in wanted:
        if not is_free(host, port):
            raise InvalidInput(
                f"port {port} ({purpose}) is taken: stop what uses it, or choose another with {variable}", port=port
            )


def is_free(host: str, port: int) -> bool:
    """True when a server could listen there; an empty host stands for every interface.

    Raises:
        InvalidInput: Not because of another program: the host is none of this machine, or the port is not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do it, so that connections of a service that just ended don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            where = f"{host or 'every interface'}, port {port}"
            raise InvalidInput(f"the service can't listen at {where}: {error.strerror}") from error
    return True
