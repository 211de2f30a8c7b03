"""`vitrine usage`: what was done for whom."""

import datetime
import sys
from typing import Annotated

import typer

from services.cli.console import results
from services.cli.operating import open_database

DEFAULT_DAYS = 31


def usage(
    tenant: Annotated[str, typer.Option(help="Only this tenant's.", show_default="everybody's")] = "",
    first: Annotated[
        datetime.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")
    ] = None,
    last: Annotated[
        datetime.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.", show_default="today")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV, with the seconds of every stage.")] = False,
) -> None:
    """Tell what was done for each tenant, day by day; from the database, without the service."""
    from rich.table import Table

    from services.tenants.usage import UsageLedger, write_csv

    ends = last.date() if last else datetime.datetime.now(datetime.UTC).date()
    begins = first.date() if first else ends - datetime.timedelta(days=DEFAULT_DAYS - 1)
    with open_database() as (database, _), database.reading() as session:
        days = UsageLedger().days(session, begins, ends, tenant)
    if csv:
        write_csv(days, sys.stdout)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("tenant", "day", "pictures", "megapixels", "compute", "in", "out"):
        table.add_column(title, justify="left" if title in ("tenant", "day") else "right")
    for day in days:
        work = day.work
        table.add_row(
            day.tenant, day.date.isoformat(), str(work.items), f"{work.megapixels:.1f}",
            f"{sum(work.stage_s.values()):.1f} s", f"{work.bytes_in / 1e6:.1f} MB", f"{work.bytes_out / 1e6:.1f} MB",
        )  # fmt: skip
    results().print(table)
