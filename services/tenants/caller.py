"""Who calls, what it may do, and how much of it."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a key may be used for."""

    CREATE = "create"
    READ = "read"
    USAGE = "usage"
    TRAIN = "train"


@dataclass(frozen=True)
class Limits:
    """How much a tenant may ask for. 0 stands for any number.

    Args:
        rate_per_s: Pictures per second in the long run.
        burst: Pictures at once, before the rate holds.
        quota_items: Pictures per period.
        quota_megapixels: Megapixels of pictures per period.
        content_policy: Whether photos and pictures are looked at, see `services.tenants.content`.
        job_weight: Share of the work on jobs beside other tenants', above 0.
        job_running: Items of its jobs worked on at once.
    """

    rate_per_s: float = 0.0
    burst: int = 1
    quota_items: int = 0
    quota_megapixels: float = 0.0
    content_policy: bool = False
    job_weight: float = 1.0
    job_running: int = 0


@dataclass(frozen=True)
class Caller:
    """A tenant, as one of its keys lets it in."""

    tenant: str
    scopes: frozenset[Scope]
    limits: Limits
