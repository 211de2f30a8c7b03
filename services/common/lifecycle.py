"""What a part of the service is doing, for readiness answers and logs."""

from enum import StrEnum


class Lifecycle(StrEnum):
    """STARTING until the warm-up passed, READY while it takes work, DRAINING while it only finishes, else FAILED."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    FAILED = "failed"
