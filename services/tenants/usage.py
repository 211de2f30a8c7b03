"""What was done for whom: written down once per answered call, told by day."""

import csv
import datetime
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TextIO

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from services.database.tables import UsageRow

DAY_S: Final = 86_400
_EPOCH: Final = datetime.date(1970, 1, 1)

#: The stages whose seconds are kept, by their column.
STAGES: Final = ("decode", "segment", "layout", "generate", "postprocess")


@dataclass(frozen=True)
class Work:
    """What one call, or many, came to.

    Args:
        items: Pictures.
        megapixels: Of the pictures, layers not counted.
        bytes_in: Of photos and masks, as they were sent.
        bytes_out: Of all files that were stored.
        stage_s: Seconds that each of `STAGES` worked.
    """

    items: int = 0
    megapixels: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    stage_s: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line of the ledger: what was done by one call, or by one item of a job."""

    tenant: str
    method: str
    request_id: str
    work: Work


@dataclass(frozen=True)
class DayOfWork:
    """A tenant's work on one day, UTC."""

    tenant: str
    date: datetime.date
    work: Work


class UsageLedger:
    """Keeps what was done. Every call takes part in the session's transaction.

    Args:
        now: Unix time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def add(self, session: Session, tenant: str, method: str, request_id: str, work: Work) -> None:
        """Write one call down."""
        self.add_all(session, [Line(tenant, method, request_id, work)])

    def add_all(self, session: Session, lines: Sequence[Line]) -> None:
        """Write several down."""
        now_s = self._now()
        rows = [
            {
                "tenant": line.tenant, "day": int(now_s // DAY_S), "at_s": now_s, "request_id": line.request_id,
                "method": line.method, "items": line.work.items, "megapixels": line.work.megapixels,
                "bytes_in": line.work.bytes_in, "bytes_out": line.work.bytes_out,
                **{f"{stage}_s": line.work.stage_s.get(stage, 0.0) for stage in STAGES},
            }
            for line in lines
        ]  # fmt: skip
        if rows:
            session.execute(insert(UsageRow), rows)

    def days(self, session: Session, first: datetime.date, last: datetime.date, tenant: str = "") -> list[DayOfWork]:
        """Work by tenant and day, both sorted; days without work are left out.

        Args:
            session: Any.
            first: The first day, UTC.
            last: The last one, included.
            tenant: Whose; empty: everybody's.
        """
        sums = [UsageRow.items, UsageRow.megapixels, UsageRow.bytes_in, UsageRow.bytes_out]
        sums += [getattr(UsageRow, f"{stage}_s") for stage in STAGES]
        chosen = select(UsageRow.tenant, UsageRow.day, *(func.sum(each) for each in sums)).where(
            UsageRow.day.between(_day(first), _day(last))
        )
        if tenant:
            chosen = chosen.where(UsageRow.tenant == tenant)
        grouped = chosen.group_by(UsageRow.tenant, UsageRow.day).order_by(UsageRow.tenant, UsageRow.day)
        return [
            DayOfWork(name, _EPOCH + datetime.timedelta(days=day), _work(values))
            for name, day, *values in session.execute(grouped)
        ]


def write_csv(days: Iterable[DayOfWork], file: TextIO) -> None:
    """One line for each tenant and day, behind a line of names."""
    names = ["tenant", "date", "items", "megapixels", "bytes_in", "bytes_out", *(f"{stage}_s" for stage in STAGES)]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    for day in days:
        work = day.work
        seconds = [f"{work.stage_s[stage]:.3f}" for stage in STAGES]
        writer.writerow(
            [day.tenant, day.date, work.items, f"{work.megapixels:.3f}", work.bytes_in, work.bytes_out, *seconds]
        )


def _day(date: datetime.date) -> int:
    return (date - _EPOCH).days


def _work(sums: list[float]) -> Work:
    # PostgreSQL sums big integers to decimals.
    items, megapixels, bytes_in, bytes_out, *seconds = sums
    stage_s = {stage: float(each) for stage, each in zip(STAGES, seconds, strict=True)}
    return Work(int(items), float(megapixels), int(bytes_in), int(bytes_out), stage_s)
