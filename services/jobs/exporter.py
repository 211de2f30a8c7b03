"""What the database alone knows, as Prometheus reads it: jobs, backlogs, quotas, messages to webhooks, trainings.

Nothing is counted here, so every gateway replica answers alike, and dashboards take the greatest of their answers.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.api.jobs import JobState
from services.api.trainings import StyleTrainingState
from services.api.webhooks import DeliveryState
from services.common.metrics import (
    STORE_BACKLOG,
    STORE_ITEMS,
    STORE_JOBS,
    STORE_MESSAGES,
    STORE_OLDEST,
    STORE_OLDEST_MESSAGE,
    STORE_OLDEST_TRAINING,
    STORE_QUOTA,
    STORE_TRAININGS,
    Metric,
)
from services.common.settings import TenantSettings
from services.database.database import Database
from services.database.tables import DeliveryRow, JobRow, JobShare, QuotaPeriod, StyleTrainingRow, Tenant, WebhookRow
from services.database.tables.jobs import READY_JOBS
from services.database.tables.trainings import QUEUED_TRAININGS
from services.jobs.states import ItemState
from services.tenants.accounts import Accounts
from services.tenants.quota import Period

#: A page is read once and answered again for so long, in seconds: less than Prometheus usually waits between two.
KEPT_S: Final = 5.0
#: Stands for tenants that are not among those with the most.
OTHERS: Final = "other"

#: Values by metric, and there by the metric's one label; "" where it has none.
Figures = Mapping[Metric, Mapping[str, float]]


class StoreFigures:
    """Reads the figures.

    Args:
        settings: The quota's period and default, and how many tenants are told by name.
        now: Unix time in seconds.
    """

    def __init__(self, settings: TenantSettings, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._accounts = Accounts(settings)
        self._now = now

    def read(self, session: Session) -> Figures:
        """All of them, as they are in this transaction. Items are summed over jobs, whose rows count them."""
        waiting = session.scalar(
            select(func.min(JobRow.created_s))
            .join(JobShare, JobShare.tenant == JobRow.tenant)
            .where(READY_JOBS, JobShare.held_until_s <= self._now())
        )
        # The index begins with the webhook.
        pending = session.scalar(
            select(func.min(DeliveryRow.created_s)).where(
                DeliveryRow.webhook_id.in_(select(WebhookRow.id)), DeliveryRow.state == DeliveryState.PENDING.value
            )
        )
        return {
            STORE_JOBS: _by_state(session, JobState, _counted(JobRow.state)),
            STORE_ITEMS: _items(session),
            STORE_OLDEST: {"": self._age_s(waiting)},
            STORE_BACKLOG: self._backlogs(session),
            STORE_QUOTA: self._quotas(session),
            STORE_MESSAGES: _by_state(session, DeliveryState, _counted(DeliveryRow.state)),
            STORE_OLDEST_MESSAGE: {"": self._age_s(pending)},
            STORE_TRAININGS: _by_state(session, StyleTrainingState, _counted(StyleTrainingRow.state)),
            STORE_OLDEST_TRAINING: {"": self._age_s(self._oldest_training_s(session))},
        }

    def _oldest_training_s(self, session: Session) -> float | None:
        """When it could have begun: when it was made, or when its pause after a failure was over."""
        since_s = func.coalesce(StyleTrainingRow.retry_at_s, StyleTrainingRow.created_s)
        return session.scalar(select(func.min(since_s)).where(QUEUED_TRAININGS, since_s <= self._now()))

    def _age_s(self, since_s: float | None) -> float:
        return 0.0 if since_s is None else max(self._now() - since_s, 0.0)

    def _backlogs(self, session: Session) -> dict[str, float]:
        waiting = func.sum(JobRow.queued + JobRow.waiting)
        rows = session.execute(select(JobRow.tenant, waiting).group_by(JobRow.tenant).having(waiting > 0))
        ranked = sorted(((tenant, float(count)) for tenant, count in rows), key=lambda told: (-told[1], told[0]))
        most = self._settings.metric_tenants
        rest = sum(count for _, count in ranked[most:])
        return {**dict(ranked[:most]), **({OTHERS: rest} if rest else {})}

    def _quotas(self, session: Session) -> dict[str, float]:
        began_s = Period.around(self._now(), self._settings.quota_period).begins_s
        rows = session.execute(
            select(QuotaPeriod, Tenant)
            .outerjoin(Tenant, Tenant.name == QuotaPeriod.tenant)
            .where(QuotaPeriod.began_s == began_s)
        )
        used = {period.tenant: self._used(period, tenant) for period, tenant in rows}
        ranked = sorted(((name, share) for name, share in used.items() if share is not None), key=lambda told: -told[1])
        return dict(ranked[: self._settings.metric_tenants])

    def _used(self, period: QuotaPeriod, tenant: Tenant | None) -> float | None:
        """The share of the quota that is used; None where there is none."""
        limits = self._accounts.limits(tenant)
        shares = [
            used / allowed
            for used, allowed in ((period.items, limits.quota_items), (period.megapixels, limits.quota_megapixels))
            if allowed
        ]
        return max(shares, default=None)


class Exporter:
    """Answers Prometheus.

    Args:
        database: Where the figures are.
        figures: Reads them.
        clock: Seconds from any fixed point.
    """

    media_type: Final = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, database: Database, figures: StoreFigures, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._figures = figures
        self._clock = clock
        self._reading = asyncio.Lock()
        self._page = b""
        self._stale_at = -1.0

    async def page(self) -> bytes:
        """The figures in Prometheus' text format, at most `KEPT_S` old.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        async with self._reading:
            if not self._page or self._clock() >= self._stale_at:
                self._page = _text(await self._database.read(self._figures.read))
                self._stale_at = self._clock() + KEPT_S
            return self._page


class _Told(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for metric, values in self._figures.items():
            family = GaugeMetricFamily(metric.name, metric.description, labels=metric.labels)
            for label, value in values.items():
                family.add_metric([label] if metric.labels else [], value)
            yield family


def _text(figures: Figures) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Told(figures))
    return generate_latest(registry)


def _counted(state: Any) -> Select[Any]:
    return select(state, func.count()).group_by(state)


def _by_state(session: Session, states: type[StrEnum], counted: Select[Any]) -> dict[str, float]:
    """A value for every state, also where nothing is in it: a series that comes and goes can't be alerted on."""
    return dict.fromkeys((state.value for state in states), 0.0) | {
        state: float(count) for state, count in session.execute(counted)
    }


def _items(session: Session) -> dict[str, float]:
    sums = session.execute(select(*(func.sum(getattr(JobRow, state.column)) for state in ItemState))).one()
    return {state.value: float(total or 0) for state, total in zip(ItemState, sums, strict=True)}
