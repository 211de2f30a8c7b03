"""`vitrine database`: the tables' version, up and down."""

from typing import Annotated

import typer

from services.cli.configuration import open_settings

database = typer.Typer(no_args_is_help=True, help="The database's tables; the service itself brings them up to date.")


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the tables up to the version of this code, with what is in them."""
    from services.database import migrate
    from services.database.connection import open_engine
    from services.database.database import translated

    settings = open_settings()
    engine = open_engine(settings.database, settings.data_dir)
    with translated():
        migrate.upgrade(engine)
        typer.echo(f"the tables have version {migrate.current(engine)}")


@database.command("downgrade")
def downgrade_database(
    version: Annotated[str, typer.Argument(help="Such as 0001; 'base' removes every table.")],
    yes: Annotated[bool, typer.Option("--yes", help="Lose what only newer tables can hold.")] = False,
) -> None:
    """Take the tables back to an older version; stop the service first."""
    from services.common.errors import InvalidInput
    from services.database import migrate
    from services.database.connection import open_engine
    from services.database.database import translated

    if not yes:
        raise InvalidInput("what only newer tables can hold will be lost; say --yes to go on")
    settings = open_settings()
    engine = open_engine(settings.database, settings.data_dir)
    with translated():
        migrate.downgrade(engine, version)
        typer.echo(f"the tables have version {migrate.current(engine) or 'none'}")
