"""All tables, one file for each part of the service that has some; a file that is not imported here has no tables."""

from services.database.tables.creations import Creation
from services.database.tables.tenants import ApiKeyRow, QuotaPeriod, RateBucket, Tenant
from services.database.tables.usage import UsageRow

__all__ = ["ApiKeyRow", "Creation", "QuotaPeriod", "RateBucket", "Tenant", "UsageRow"]
