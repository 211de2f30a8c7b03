"""What came of one call, and the table of all."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

OK: Final = "ok"
#: Told at once to come back later; everything else that is no success is a failure.
REFUSALS: Final = frozenset({"overloaded", "rate_limited", "quota_exceeded"})


@dataclass(frozen=True)
class Sample:
    """One call. Times in seconds from the run's beginning.

    Args:
        phase, kind, tenant: Which call it was; a tenant without a name has no key.
        due_s: When it was to be made; latencies count from here, so that a client that is late makes nothing look
            fast.
        sent_s: When it was made.
        first_s: When the first event of a stream came; None of other calls.
        answered_s: When all of the answer was there.
        outcome: `ok`, the error's code, or what the connection said.
        pictures: That it made.
        previews: That came before a stream's result.
    """

    phase: str
    kind: str
    tenant: str
    due_s: float
    sent_s: float
    first_s: float | None
    answered_s: float
    outcome: str
    pictures: int = 0
    previews: int = 0

    @property
    def took_s(self) -> float:
        """From the moment it was due to its answer."""
        return self.answered_s - self.due_s

    @property
    def refused(self) -> bool:
        """Whether the service said that there is no room."""
        return self.outcome in REFUSALS


def save_samples(samples: Sequence[Sample], file: Path) -> None:
    """As CSV, in the order of the moments that calls were due."""
    names = [field.name for field in fields(Sample)]
    rows = [asdict(each) for each in sorted(samples, key=lambda each: each.due_s)]
    save_table(names, ([_rounded(row[name]) for name in names] for row in rows), file)


def save_table(names: Sequence[str], rows: Iterable[Sequence[object]], file: Path) -> None:
    """Rows under their names, as CSV."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        table = csv.writer(opened)
        table.writerow(names)
        table.writerows(rows)


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
