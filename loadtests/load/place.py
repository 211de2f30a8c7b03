"""Where a service is that gets a load, and the keys that callers have there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """A service's addresses.

    Args:
        grpc: Host and port.
        http: Base address.
        metrics: What Ray tells Prometheus; empty: nothing is read.
        photo: Where the service can fetch the photo; empty: nowhere.
        keys: API keys by tenant.
    """

    grpc: str
    http: str
    metrics: str = ""
    photo: str = ""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
