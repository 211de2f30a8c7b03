"""Options that make a shot a magazine cover."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.client import ShotOptions

TypefaceChoice = Literal["serif", "sans"]

MastheadOption = Annotated[
    str | None, typer.Option("--masthead", help="Makes a magazine cover: its name, behind the product.")
]
IssueOption = Annotated[str | None, typer.Option("--issue", help="Of a cover: number or date.")]
PriceOption = Annotated[str | None, typer.Option("--price", help="Of a cover.")]
HeadlineOption = Annotated[str | None, typer.Option("--headline", help="Of a cover: the main story.")]
CoverLineOption = Annotated[
    list[str] | None,
    typer.Option(
        "--cover-line",
        metavar="TITLE=TEXT",
        help="Of a cover: another story; up to 6 times.",
    ),
]
CoverColorOption = Annotated[
    str | None,
    typer.Option("--cover-color", metavar="#RRGGBB", help="Of a cover's words.", show_default="what can be read"),
]
TypefaceOption = Annotated[TypefaceChoice | None, typer.Option("--typeface", help="Of masthead and headline.")]


def read_cover(
    masthead: str | None,
    issue: str | None,
    price: str | None,
    headline: str | None,
    cover_line: Sequence[str] | None,
    cover_color: str | None,
    typeface: TypefaceChoice | None,
) -> "ShotOptions":
    """The cover that was described, as the client takes it; nothing where none was.

    Raises:
        typer.BadParameter: A text is too long or holds control characters, there are too many lines, or no text at all.
    """
    from services.api.studio import Cover

    texts = {"masthead": masthead, "issue": issue, "price": price, "headline": headline}
    found: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if cover_line:
        parts = [line.partition("=") for line in cover_line]
        found["lines"] = [{"title": title.strip(), "text": text.strip()} for title, _, text in parts]
    if cover_color:
        found["color"] = cover_color
    if typeface:
        found["typeface"] = typeface.upper()
    return {"cover": checked(Cover, found, "--masthead / --headline / --cover-line")} if found else {}
