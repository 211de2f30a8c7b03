"""All tables, one file for each part of the service that has some; a file that is not imported here has no tables."""

from services.database.tables.creations import Creation
from services.database.tables.jobs import JobItemRow, JobRow, JobShare
from services.database.tables.tenants import ApiKeyRow, QuotaPeriod, RateBucket, Tenant
from services.database.tables.trainings import StyleTrainingRow
from services.database.tables.usage import UsageRow
from services.database.tables.webhooks import DeliveryAttemptRow, DeliveryRow, WebhookRow

__all__ = [
    "ApiKeyRow",
    "Creation",
    "DeliveryAttemptRow",
    "DeliveryRow",
    "JobItemRow",
    "JobRow",
    "JobShare",
    "QuotaPeriod",
    "RateBucket",
    "StyleTrainingRow",
    "Tenant",
    "UsageRow",
    "WebhookRow",
]
