"""Tenants and their limits."""

import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.common.errors import InvalidInput, NotFound
from services.common.settings import TenantSettings
from services.common.tenant import TENANT_NAME
from services.database.rows import locked_row
from services.database.tables import Tenant
from services.tenants.caller import Limits


@dataclass(frozen=True)
class Wishes:
    """Limits as an operator sets them for one tenant; None leaves what is there, a negative number the service's."""

    rate_per_s: float | None = None
    burst: int | None = None
    quota_items: int | None = None
    quota_megapixels: float | None = None
    content_policy: bool | None = None
    job_weight: float | None = None
    job_running: int | None = None


class Accounts:
    """Keeps tenants. Every call takes part in the session's transaction.

    Args:
        settings: The limits of tenants that have none of their own.
        now: Unix time in seconds.
    """

    def __init__(self, settings: TenantSettings, now: Callable[[], float] = time.time) -> None:
        self._service = Limits(
            rate_per_s=settings.rate_per_s,
            burst=settings.burst_requests,
            quota_items=settings.quota_items,
            quota_megapixels=settings.quota_megapixels,
            content_policy=settings.content_policy,
            job_weight=1.0,
            job_running=settings.job_running,
        )
        self._now = now

    def ensure(self, session: Session, name: str) -> Tenant:
        """The tenant of that name, made if there is none.

        Raises:
            InvalidInput: The name is malformed.
        """
        if not TENANT_NAME.fullmatch(name):
            raise InvalidInput(
                f"a tenant's name is 1 to 63 of a-z, 0-9 and dashes, no dash first; got {name[:80]!r}", field="tenant"
            )
        return locked_row(session, Tenant, {"name": name}, {"created_s": self._now()})

    def all(self, session: Session) -> list[Tenant]:
        """Every tenant, by name."""
        return list(session.scalars(select(Tenant).order_by(Tenant.name)))

    def set_limits(self, session: Session, name: str, wishes: Wishes) -> Limits:
        """Give a tenant limits of its own, and tell what holds for it now.

        Raises:
            InvalidInput: The burst or the weight is 0, which would let nothing in.
            NotFound: There is no such tenant.
        """
        if wishes.burst == 0:
            raise InvalidInput("a burst is at least 1, or negative for the service's", field="burst")
        if wishes.job_weight == 0:
            raise InvalidInput("a weight is above 0, or negative for the usual 1", field="job_weight")
        tenant = session.get(Tenant, name)
        if tenant is None:
            raise NotFound(f"there is no tenant {name[:80]!r}", field="tenant")
        for limit, value in asdict(wishes).items():
            if value is not None:
                setattr(tenant, limit, None if _is_negative(value) else value)
        return self.limits(tenant)

    def limits(self, tenant: Tenant | None) -> Limits:
        """What holds for a tenant; for one that has no row, what holds for everybody."""
        own = {name: getattr(tenant, name) for name in asdict(self._service)} if tenant else {}
        return Limits(**(asdict(self._service) | {name: value for name, value in own.items() if value is not None}))

    def limits_of(self, session: Session, names: Collection[str]) -> dict[str, Limits]:
        """What holds for each of several tenants."""
        rows = {each.name: each for each in session.scalars(select(Tenant).where(Tenant.name.in_(names)))}
        return {name: self.limits(rows.get(name)) for name in names}


def _is_negative(value: Any) -> bool:
    return not isinstance(value, bool) and value < 0
