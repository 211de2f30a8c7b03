"""`vitrine`: the command line.

Each command lives in a file of its own, which imports what is heavy inside the command, so that `vitrine --help`
answers at once.
"""

from typing import Annotated

import typer

from services import __version__
from services.cli.bench import bench
from services.cli.blobs import blobs
from services.cli.colourways import colourways
from services.cli.cutout import cutout
from services.cli.database import database
from services.cli.demo import demo
from services.cli.engines import engines
from services.cli.eval import evaluate
from services.cli.group import OneLineErrors
from services.cli.jobs import jobs, upload
from services.cli.keys import keys
from services.cli.lint import lint
from services.cli.lookbook import lookbook
from services.cli.models import models
from services.cli.plan import plan
from services.cli.scenes import scenes
from services.cli.serve import serve
from services.cli.shoot import shoot
from services.cli.styles import styles
from services.cli.tenants import tenants
from services.cli.usage import usage
from services.cli.webhooks import webhooks

app = typer.Typer(
    name="vitrine",
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="AI product photography that measures what it did to the product.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What comes before every command. Its options act in their callbacks."""
    from services.common.logs import configure_logs

    del version  # its callback has acted on it
    configure_logs("ERROR", "cli")  # commands say themselves, in one line, what went wrong


for command in (serve, shoot, cutout, lint, lookbook, colourways, upload, demo, plan):
    app.command()(command)
app.command()(usage)
app.command("eval")(evaluate)
app.add_typer(bench, name="bench")
app.add_typer(blobs, name="blobs")
app.add_typer(database, name="database")
app.add_typer(jobs, name="jobs")
app.add_typer(keys, name="keys")
app.add_typer(models, name="models")
app.add_typer(engines, name="engines")
app.add_typer(scenes, name="scenes")
app.add_typer(styles, name="styles")
app.add_typer(tenants, name="tenants")
app.add_typer(webhooks, name="webhooks")
