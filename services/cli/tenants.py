"""`vitrine tenants`: who is served, and how much of it."""

from dataclasses import asdict
from typing import Annotated

import typer

from services.cli.console import JsonOption, results, write_json
from services.cli.operating import moment, open_database

tenants = typer.Typer(no_args_is_help=True, help="Tenants and their limits.")


@tenants.command("list")
def list_tenants(json: JsonOption = False) -> None:
    """List the tenants and the limits that hold for them; 0 is any number."""
    from rich.table import Table

    from services.tenants.accounts import Accounts

    with open_database() as (database, settings), database.reading() as session:
        accounts = Accounts(settings)
        rows = [
            {"tenant": each.name, "created": moment(each.created_s), **asdict(accounts.limits(each))}
            for each in accounts.all(session)
        ]
    if json:
        write_json(rows)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("tenant", "created", "rate/s", "burst", "items", "megapixels", "content policy", "weight", "running"):
        table.add_column(title)
    for row in rows:
        table.add_row(*map(str, row.values()))
    results().print(table)


@tenants.command("set")
def set_limits(
    tenant: Annotated[str, typer.Argument(help="Whose limits; 'local' are callers without a key.")],
    rate: Annotated[float | None, typer.Option(help="Pictures per second in the long run.")] = None,
    burst: Annotated[int | None, typer.Option(help="Pictures at once, before the rate holds.")] = None,
    items: Annotated[int | None, typer.Option(help="Pictures per period.")] = None,
    megapixels: Annotated[float | None, typer.Option(help="Megapixels of pictures per period.")] = None,
    content_policy: Annotated[
        bool | None, typer.Option("--content-policy/--no-content-policy", help="Look at photos and pictures.")
    ] = None,
    weight: Annotated[float | None, typer.Option(help="Share of the work on jobs, beside others' 1.")] = None,
    running: Annotated[int | None, typer.Option(help="Items of its jobs worked on at once.")] = None,
) -> None:
    """Give a tenant limits of its own: 0 is any number, -1 the service's again, what is not given stays."""
    from services.tenants.accounts import Accounts, Wishes

    with open_database() as (database, settings), database.transaction() as session:
        accounts = Accounts(settings)
        accounts.ensure(session, tenant)
        limits = accounts.set_limits(
            session, tenant, Wishes(rate, burst, items, megapixels, content_policy, weight, running)
        )
    typer.echo(f"{tenant}: " + ", ".join(f"{name} {value}" for name, value in asdict(limits).items()))
