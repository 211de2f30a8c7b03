"""`vitrine keys`: who may call the service."""

import time
from typing import Annotated

import typer

from services.cli.console import JsonOption, asides, results, write_json
from services.cli.operating import moment, open_database

keys = typer.Typer(no_args_is_help=True, help="Keys of the API: who may call the service.")

KeyArgument = Annotated[str, typer.Argument(help="The key's id, as 'vitrine keys list' tells it.")]


@keys.command("create")
def create_key(
    tenant: Annotated[str, typer.Argument(help="Whose key; a tenant of that name is made if there is none.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it is good for: create, read, usage, train; may be given several times.", show_default="all"
        ),
    ] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Expires after so many days.", show_default="never")] = None,
    label: Annotated[str, typer.Option(help="What you know it by.")] = "",
) -> None:
    """Make a key and show it, this once: only its digest is kept."""
    from services.common.errors import InvalidInput
    from services.tenants.accounts import Accounts
    from services.tenants.caller import Scope
    from services.tenants.keys import Keys

    try:
        scopes = [Scope(name) for name in scope or list(Scope)]
    except ValueError as error:
        raise InvalidInput(f"{error}; known are {', '.join(Scope)}", field="scope") from error
    with open_database() as (database, settings), database.transaction() as session:
        key = Keys(Accounts(settings)).create(session, tenant, scopes, days, label)
    _show(key.text)


@keys.command("list")
def list_keys(
    tenant: Annotated[str, typer.Option(help="Only this tenant's.", show_default="everybody's")] = "",
    json: JsonOption = False,
) -> None:
    """List the keys, without their secrets, and whether they work."""
    from rich.table import Table

    from services.tenants.accounts import Accounts
    from services.tenants.keys import Keys

    with open_database() as (database, settings), database.reading() as session:
        found = Keys(Accounts(settings)).all(session, tenant)
    now = time.time()
    rows = [
        {
            "key": key.key_id, "tenant": key.tenant, "label": key.label, "scopes": " ".join(sorted(key.scopes)),
            "created": moment(key.created_s), "ends": moment(key.ends_s),
            "works": key.ends_s is None or key.ends_s > now,
        }
        for key in found
    ]  # fmt: skip
    if json:
        write_json(rows)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("key", "tenant", "label", "scopes", "created", "ends", "works"):
        table.add_column(title)
    for row in rows:
        table.add_row(*map(str, (row | {"works": "yes" if row["works"] else "no"}).values()))
    results().print(table)


@keys.command("revoke")
def revoke_key(key: KeyArgument) -> None:
    """End a key; gateways notice within VITRINE_TENANTS__CACHE_S seconds."""
    from services.tenants.accounts import Accounts
    from services.tenants.keys import Keys

    with open_database() as (database, settings), database.transaction() as session:
        Keys(Accounts(settings)).revoke(session, key)
    typer.echo(f"revoked {key}; gateways notice within {settings.cache_s:g} s")


@keys.command("rotate")
def rotate_key(
    key: KeyArgument,
    overlap_days: Annotated[float, typer.Option(min=0, help="The old key works on for so many days.")] = 1.0,
) -> None:
    """Make a new key like an old one, and end the old one after a while."""
    from services.tenants.accounts import Accounts
    from services.tenants.keys import Keys

    with open_database() as (database, settings), database.transaction() as session:
        fresh = Keys(Accounts(settings)).rotate(session, key, overlap_days)
    _show(fresh.text)


def _show(text: str) -> None:
    """The key alone on standard output, so that scripts can take it."""
    asides().print("keep it now: it is not shown again")
    typer.echo(text)
