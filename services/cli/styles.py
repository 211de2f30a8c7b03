"""`vitrine styles`: LoRA adapters that pictures are drawn with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.configuration import api_key, service_address
from services.cli.console import AddressOption, JsonOption, results, write_json
from services.cli.styles_remote import list_trainings, stop_training
from services.cli.styles_train import train_style

if TYPE_CHECKING:
    from services.client.styles import Styles

styles = typer.Typer(no_args_is_help=True, help="Styles: LoRA adapters that pictures are drawn with.")

styles.command("train")(train_style)
styles.command("trainings")(list_trainings)
styles.command("stop")(stop_training)

StyleArgument = Annotated[str, typer.Argument(help="Its id: a-z, 0-9 and dashes.")]


@contextmanager
def _calls(address: str | None) -> "Iterator[Styles]":
    from services.client import Vitrine

    with Vitrine(service_address(address), api_key=api_key()) as vitrine:
        yield vitrine.styles


@styles.command("list")
def list_styles(address: AddressOption = None, json: JsonOption = False) -> None:
    """List the styles that you may use, yours and shared ones."""
    with _calls(address) as calls:
        found = calls.all()
    if json:
        write_json([each.model_dump(mode="json") for each in found])
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("style", "shared", "rank", "networks", "MB", "checkpoint", "description"):
        table.add_column(title, overflow="fold")
    for each in found:
        table.add_row(
            each.style_id, "yes" if each.shared else "no", str(each.rank), " ".join(each.networks),
            f"{each.size_bytes / 1e6:.1f}", each.checkpoint, each.description,
        )  # fmt: skip
    results().print(table)


@styles.command("add")
def add_style(
    style: StyleArgument,
    adapter: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A safetensors file.")],
    description: Annotated[str, typer.Option(help="What you know it by.")] = "",
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Take a LoRA adapter in as a style, once it was checked against the service's checkpoint."""
    with _calls(address) as calls:
        made = calls.add(style, adapter, description)
    if json:
        write_json(made.model_dump(mode="json"))
    else:
        typer.echo(f"added {made.style_id}: rank {made.rank}, {', '.join(made.networks)} of {made.checkpoint}")


@styles.command("rm")
def remove_style(style: StyleArgument, address: AddressOption = None) -> None:
    """Remove a style of yours."""
    with _calls(address) as calls:
        calls.remove(style)
    typer.echo(f"removed {style}")
