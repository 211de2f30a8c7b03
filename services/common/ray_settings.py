"""The Ray that a service starts for itself."""

from typing import Final

from pydantic import Field

from services.common.section import Section

#: Of each protocol, for gateway replicas that listen themselves.
DIRECT_PORTS: Final = 100
_LAST_PORT: Final = 65_535


class RaySettings(Section):
    """The Ray that is started on this machine; an existing cluster has its own."""

    metrics_port: int = Field(8080, ge=1, le=_LAST_PORT, description="Port where Prometheus reads metrics.")
    object_store_mb: int = Field(1024, ge=100, description="Shared memory for arrays between stages, in MiB.")
    num_cpus: int = Field(4, ge=1, description="CPUs that Ray may hand out to replicas when it starts here.")
    load_report_s: float = Field(
        5,
        gt=0,
        description="Replicas and their callers report their load so often, half of Serve's 10, so that an average has "
        "three reports; in seconds.",
    )
    direct_ingress: bool = Field(
        default=False,
        description="Gateway replicas listen at ports of their own too, past Serve's proxies; see "
        "[ways in](operations.md#ways-in).",
    )
    direct_http_port: int = Field(
        30_000, ge=1, le=_LAST_PORT - DIRECT_PORTS, description=f"The first of {DIRECT_PORTS} ports for that, of HTTP."
    )
    direct_grpc_port: int = Field(
        31_000, ge=1, le=_LAST_PORT - DIRECT_PORTS, description=f"The first of {DIRECT_PORTS} ports for that, of gRPC."
    )

    @property
    def direct_http_ports(self) -> range:
        """Each replica has the first that is free."""
        return range(self.direct_http_port, self.direct_http_port + DIRECT_PORTS)

    @property
    def direct_grpc_ports(self) -> range:
        """Each replica has the first that is free."""
        return range(self.direct_grpc_port, self.direct_grpc_port + DIRECT_PORTS)
