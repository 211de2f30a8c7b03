"""UsageService's messages, field for field as in `protos/vitrine/v1/usage.proto`."""

import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from services.api.common import Message, StageTiming
from services.api.findings import shown

_DATE: Final = r"^(\d{4}-\d{2}-\d{2})?$"


def _checked(text: str) -> str:
    try:
        if text:
            datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"a day such as 2026-11-22 is wanted, got {shown(text)}") from None
    return text


#: A day, or nothing.
Date = Annotated[str, Field(pattern=_DATE), AfterValidator(_checked)]


class GetUsageRequest(Message):
    first_date: Date = Field("", description="First day, UTC; empty: 30 days before the last.")
    last_date: Date = Field("", description="Last day, included; empty: today.")


class DailyUsage(Message):
    date: str = ""
    items: int = 0
    megapixels: float = 0.0
    compute: list[StageTiming] = []
    bytes_in: int = 0
    bytes_out: int = 0


class Quota(Message):
    items_limit: int = 0
    items_used: int = 0
    megapixels_limit: float = 0.0
    megapixels_used: float = 0.0
    end_time: str = Field("", description="RFC 3339.")


class GetUsageResponse(Message):
    tenant: str = ""
    days: list[DailyUsage] = []
    quota: Quota = Quota()
