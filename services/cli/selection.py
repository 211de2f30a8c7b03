"""Options that say what of a photo is the product."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.api.studio import ProductSelection

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


def read_selection(
    keep_mask: Path | None,
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    include_box: Sequence[str] | None,
    exclude_box: Sequence[str] | None,
) -> "ProductSelection | None":
    """The options as the contract has them; None where none is given.

    Raises:
        typer.BadParameter: A point or box is not made of whole numbers, or the mask can't be read.
    """
    from services.api.common import Box, ImageSource, Point
    from services.api.studio import ProductSelection

    points = [
        [Point(x=x, y=y) for x, y in (_numbers(text, 2, option) for text in texts or ())]
        for texts, option in ((include, "--include"), (exclude, "--exclude"))
    ]
    boxes = [
        [Box(left=left, top=top, width=width, height=height) for left, top, width, height in
         (_numbers(text, 4, option) for text in texts or ())]
        for texts, option in ((include_box, "--include-box"), (exclude_box, "--exclude-box"))
    ]  # fmt: skip
    mask = None if keep_mask is None else ImageSource(content=_content(keep_mask))
    if mask is None and not any([*points, *boxes]):
        return None
    return ProductSelection(
        keep_mask=mask,
        include_points=points[0],
        exclude_points=points[1],
        include_boxes=boxes[0],
        exclude_boxes=boxes[1],
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{str(path)!r} can't be read: {error.strerror}", param_hint="--keep-mask") from error


def _numbers(text: str, count: int, option: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        wanted = "x,y" if count == 2 else "left,top,width,height"
        raise typer.BadParameter(f"expected {wanted} in pixels, got {text!r}", param_hint=option)
    return numbers
