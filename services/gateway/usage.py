"""UsageService without a transport: what was done for the caller's tenant, and what is left of its quota."""

import datetime
import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from services.api.common import StageName, StageTiming
from services.api.usage import DailyUsage, GetUsageRequest, GetUsageResponse, Quota
from services.common.errors import InvalidInput
from services.database.database import Database
from services.gateway.schema import Call
from services.tenants.quota import Quotas
from services.tenants.usage import DayOfWork, UsageLedger

#: Days that are told when none is named, and at most.
DEFAULT_DAYS = 31
MAX_DAYS = 366


class Usage:
    """Answers UsageService's requests.

    Args:
        database: Where usage is kept.
        ledger: Reads it.
        quotas: Read what is used.
        now: Unix time in seconds.
    """

    def __init__(
        self, database: Database, ledger: UsageLedger, quotas: Quotas, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._quotas = quotas
        self._now = now

    async def get_usage(self, request: GetUsageRequest, call: Call) -> GetUsageResponse:
        """The work of the call's tenant, by day.

        Raises:
            InvalidInput: The days are out of order, or too many.
            StorageUnavailable: The database does not answer.
        """
        first, last = self._days(request)

        def read(session: Session) -> GetUsageResponse:
            used = self._quotas.used(session, call.tenant)
            ends = datetime.datetime.fromtimestamp(used.period.ends_s, datetime.UTC)
            return GetUsageResponse(
                tenant=call.tenant,
                days=[_told(day) for day in self._ledger.days(session, first, last, call.tenant)],
                quota=Quota(
                    items_limit=call.limits.quota_items,
                    items_used=used.items,
                    megapixels_limit=call.limits.quota_megapixels,
                    megapixels_used=used.megapixels,
                    end_time=f"{ends:%Y-%m-%dT%H:%M:%SZ}",
                ),
            )

        return await self._database.read(read)

    def _days(self, request: GetUsageRequest) -> tuple[datetime.date, datetime.date]:
        today = datetime.datetime.fromtimestamp(self._now(), datetime.UTC).date()
        last = datetime.date.fromisoformat(request.last_date) if request.last_date else today
        if request.first_date:
            first = datetime.date.fromisoformat(request.first_date)
        else:
            first = datetime.date.fromordinal(max(1, last.toordinal() - DEFAULT_DAYS + 1))
        if not 0 <= (last - first).days < MAX_DAYS:
            raise InvalidInput(
                f"1 to {MAX_DAYS} days are told at once, got {first} to {last}", field="first_date", limit=MAX_DAYS
            )
        return first, last


def _told(day: DayOfWork) -> DailyUsage:
    work = day.work
    compute = [StageTiming(stage=StageName(stage.upper()), duration=each) for stage, each in work.stage_s.items()]
    return DailyUsage(
        date=day.date.isoformat(),
        items=work.items,
        megapixels=work.megapixels,
        compute=compute,
        bytes_in=work.bytes_in,
        bytes_out=work.bytes_out,
    )
