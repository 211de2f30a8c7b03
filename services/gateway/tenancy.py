"""What the gateway knows of tenants, put together from the settings."""

from dataclasses import dataclass

from services.common.metrics import Recorder
from services.common.settings import Settings, TenantSettings
from services.database.database import Database
from services.gateway.admission import Admission
from services.gateway.auth import Auth
from services.gateway.creations import Creations
from services.gateway.door import Door
from services.gateway.usage import Usage
from services.jobs.exporter import Exporter, StoreFigures
from services.tenants.accounts import Accounts
from services.tenants.bucket import RateLimiter
from services.tenants.claims import Claims
from services.tenants.directory import Directory
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger
from services.tenants.workload import TenantMetrics


@dataclass(frozen=True)
class Tenancy:
    """Who may call, how often, how much, and what it came to."""

    database: Database
    accounts: Accounts
    door: Door
    creations: Creations
    usage: Usage
    exporter: Exporter

    @classmethod
    def open(cls, settings: Settings, recorder: Recorder, admission: Admission) -> "Tenancy":
        """Open the database that the settings name, and all that stands on it.

        Raises:
            StorageUnavailable: The database does not answer.
            ValueError: Its address is wrong.
        """
        return cls.on(Database.open(settings.database, settings.data_dir), settings.tenants, recorder, admission)

    @classmethod
    def on(cls, database: Database, settings: TenantSettings, recorder: Recorder, admission: Admission) -> "Tenancy":
        """The same on a database that is open."""
        quotas, ledger = Quotas(settings.quota_period), UsageLedger()
        return cls(
            database,
            Accounts(settings),
            Door(Auth(Directory(database, settings), settings.require_keys), admission, database, RateLimiter()),
            Creations(
                database,
                Claims(settings.lease_s, settings.idempotency_s),
                quotas,
                ledger,
                TenantMetrics(recorder, settings.metric_tenants),
                settings.lease_s,
            ),
            Usage(database, ledger, quotas),
            Exporter(database, StoreFigures(settings)),
        )
