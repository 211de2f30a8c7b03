"""The battery's answer as one HTML file with its pictures inside, readable on a phone."""

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.evaluation.battery import Outcome, Row
from services.evaluation.reading import Picture, Reading
from services.evaluation.table import HEAD, cells

#: Cases shown per measure, worst first.
SHOWN: Final = 4

_STYLE: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: #faf9f7; color: #262422;
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e4e2de; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.missed { color: #a11d1d; font-weight: 600; }
.holds { color: #23663a; }
figure { margin: 0; width: 11rem; }
img { display: block; width: 100%; image-rendering: pixelated; border: 1px solid #e4e2de; background: #fff; }
figcaption { font-size: .8rem; color: #5d5954; }
.case { margin: .75rem 0 1.25rem; }
.case > p { margin: 0 0 .35rem; font-size: .9rem; }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem; }
@media (max-width: 30rem) { figure { width: calc(50% - .3rem); } }
"""


@dataclass(frozen=True)
class Shot:
    """A finished picture of a real photo, for the page's second part."""

    title: str
    words: str
    pictures: tuple[Picture, ...]


def page(outcome: Outcome, machine: str, shots: Sequence[Shot] = ()) -> str:
    """The whole page.

    Args:
        outcome: Of drawn photos, or of real ones.
        machine: What it was measured on.
        shots: Of real photos, worst first.
    """
    parts = [f"<h1>{_verdict(outcome)}</h1><p>{html.escape(machine)}</p>", _table(outcome.rows)]
    judged = sorted((row for row in outcome.rows if row.bar.judges), key=lambda row: row.holds)
    parts += [part for row in judged for part in _measure(row)]
    if shots:
        parts.append(f"<h2>{len(shots)} shots of real photos, worst first</h2>")
        parts += [_case(shot.title, shot.words, shot.pictures) for shot in shots]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Vitrine: quality</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _verdict(outcome: Outcome) -> str:
    judged = [row.holds for row in outcome.rows if row.bar.judges]
    missed = judged.count(False)
    return f"All {len(judged)} bars hold" if not missed else f"{missed} of {len(judged)} bars are missed"


def _table(rows: Sequence[Row]) -> str:
    head = "".join(f"<th>{html.escape(title)}</th>" for title in HEAD)
    lines = []
    for row in rows:
        title, bound, *numbers, verdict = map(html.escape, cells(row))
        middle = "".join(f'<td class="number">{number}</td>' for number in numbers)
        kind = "holds" if row.holds else "missed"
        lines.append(f'<tr><td>{title}</td><td>{bound}</td>{middle}<td class="{kind}">{verdict}</td></tr>')
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _measure(row: Row) -> Iterator[str]:
    """The worst cases of one measure, where there is something to see."""
    seen = [reading for reading in row.readings[:SHOWN] if reading.pictures]
    if not seen:
        return
    kind = "holds" if row.holds else "missed"
    yield f'<h2>{html.escape(row.bar.title)}: <span class="{kind}">{kind}</span></h2>'
    yield from (_reading(row, reading) for reading in seen)


def _reading(row: Row, reading: Reading) -> str:
    value = f"{reading.values[row.bar.measure]:.{row.bar.digits}f} {row.bar.unit}".strip()
    return _case(value, reading.scene, reading.pictures)


def _case(title: str, words: str, pictures: Sequence[Picture]) -> str:
    shown = "".join(
        f'<figure><img alt="{html.escape(picture.caption)}" src="{_inlined(picture)}">'
        f"<figcaption>{html.escape(picture.caption)}</figcaption></figure>"
        for picture in pictures
    )
    heading = f"<p><strong>{html.escape(title)}</strong> {html.escape(words)}</p>"
    return f'<div class="case">{heading}<div class="pictures">{shown}</div></div>'


def _inlined(picture: Picture) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture.data).decode('ascii')}"
