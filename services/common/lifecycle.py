"""What a part of the service is doing, for readiness answers and logs."""

from enum import StrEnum


class Lifecycle(StrEnum):
    """STARTING until the warm-up passed, READY while it answers, else FAILED."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
