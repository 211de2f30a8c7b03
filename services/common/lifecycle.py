"""What a part of the service is doing, for readiness answers and logs."""

from enum import StrEnum


class Lifecycle(StrEnum):
    """STARTING until the warm-up passed, READY while it answers, ASLEEP while nothing of it runs and the next call
    starts it, else FAILED."""

    STARTING = "starting"
    READY = "ready"
    ASLEEP = "asleep"
    FAILED = "failed"
