"""Options that say what of a photo is the product."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.api.studio import ProductSelection

_POINT: Final = ("x", "y")
_BOX: Final = ("left", "top", "width", "height")

KeepMaskOption = Annotated[
    Path | None,
    typer.Option("--keep-mask", exists=True, dir_okay=False, help="A picture, bright where the product may be."),
]
IncludeOption = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="X,Y", help="A pixel on the product; may be given several times."),
]
ExcludeOption = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="X,Y", help="A pixel on a part to cut off, such as a hanger.")
]
IncludeBoxOption = Annotated[
    list[str] | None, typer.Option("--include-box", metavar="L,T,W,H", help="Nothing outside is product.")
]
ExcludeBoxOption = Annotated[
    list[str] | None, typer.Option("--exclude-box", metavar="L,T,W,H", help="Nothing inside is product.")
]
GhostOption = Annotated[
    bool, typer.Option("--ghost-mannequin", help="Keep the garment alone, without the mannequin that wears it.")
]


def read_selection(
    keep_mask: Path | None,
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    include_box: Sequence[str] | None,
    exclude_box: Sequence[str] | None,
    ghost_mannequin: bool = False,
) -> "ProductSelection | None":
    """The options as the contract has them; None where none is given.

    Raises:
        typer.BadParameter: A point or box is not made of whole numbers, there are too many, or the mask can't be read.
    """
    from services.api.studio import ProductSelection

    found: dict[str, Any] = {}
    for field, option, names, texts in (
        ("include_points", "--include", _POINT, include),
        ("exclude_points", "--exclude", _POINT, exclude),
        ("include_boxes", "--include-box", _BOX, include_box),
        ("exclude_boxes", "--exclude-box", _BOX, exclude_box),
    ):
        if texts:
            elements = [dict(zip(names, _numbers(text, names, option), strict=True)) for text in texts]
            found[field] = checked(ProductSelection, {field: elements}, option).model_dump()[field]
    if ghost_mannequin:
        found["ghost_mannequin"] = True
    if keep_mask is not None:
        found["keep_mask"] = {"content": _content(keep_mask)}
    return checked(ProductSelection, found, "--keep-mask") if found else None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{str(path)!r} can't be read: {error.strerror}", param_hint="--keep-mask") from error


def _numbers(text: str, names: Sequence[str], option: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(names):
        raise typer.BadParameter(f"expected {','.join(names)} in pixels, got {text[:80]!r}", param_hint=option)
    return numbers
