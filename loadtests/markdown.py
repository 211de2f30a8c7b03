"""What measurements write into documents."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

_END: Final = "<!-- to here -->"


def table(columns: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """As Markdown."""
    heading = list(columns)
    return "\n".join(f"| {' | '.join(line)} |" for line in (heading, ["---"] * len(heading), *lines))


def put_section(text: str, program: str, document: Path) -> None:
    """Replace what a program wrote into a document, which marks the place by two lines.

    Args:
        text: The new section.
        program: As `python -m` knows it.
        document: A file.

    Raises:
        ValueError: The document has no such place.
    """
    begin = f"<!-- {program} writes from here -->"
    before, begins, rest = document.read_text("utf-8").partition(begin)
    _, ends, after = rest.partition(_END)
    if not begins or not ends:
        raise ValueError(f"{document} lacks the lines {begin!r} and {_END!r}, between which the section goes")
    document.write_text(f"{before}{begin}\n{text.rstrip()}\n{_END}{after}", "utf-8")
