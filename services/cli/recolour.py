"""Options that give the product another colour."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.client import Recolour

RecolourOption = Annotated[
    str | None,
    typer.Option("--recolour", metavar="COLOUR", help="Give the product another colour, such as seagreen or #2e8b57."),
]
RecolourMaskOption = Annotated[
    Path | None,
    typer.Option("--recolour-mask", exists=True, dir_okay=False, help="A picture, bright where colours may change."),
]


def read_recolour(colour: str | None, mask: Path | None) -> "Recolour | None":
    """The options as the contract has them; None where none is given.

    Raises:
        typer.BadParameter: It is no colour, the mask can't be read, or there is a mask alone.
    """
    if colour is not None:
        return recolour_to(colour, mask)
    if mask is not None:
        raise typer.BadParameter("name the colour too, with --recolour", param_hint="--recolour-mask")
    return None


def recolour_to(colour: str, mask: Path | None = None) -> "Recolour":
    """The same where a colour is given.

    Raises:
        typer.BadParameter: It is none, or the mask can't be read.
    """
    from services.client import Recolour

    if not colour:
        raise typer.BadParameter("a colour is wanted, by its name in CSS or as #rrggbb", param_hint="--recolour")
    fields: dict[str, Any] = {"to": colour}
    if mask is not None:
        fields["mask"] = {"content": _content(mask)}
    return checked(Recolour, fields, "--recolour")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{str(path)!r} can't be read: {error.strerror}"
        raise typer.BadParameter(message, param_hint="--recolour-mask") from error
