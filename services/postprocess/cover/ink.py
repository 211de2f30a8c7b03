"""The colours that a cover's texts are printed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.postprocess.cover.contrast import NO_SCRIM, RGB, WHITE, Ground, Scrim

#: Black ink is never quite black.
INK: Final[RGB] = (16, 16, 16)
#: How much worse lightening a picture is than dimming it.
_FOG: Final = 4.0


@dataclass(frozen=True)
class Inking:
    """A text's colour, and what is laid under it so that it can be read."""

    color: RGB
    scrim: Scrim


def inked(grounds: Sequence[Ground], wanted: Sequence[float], color: RGB | None) -> list[Inking]:
    """Colours for all texts of a cover.

    One colour for all is best, if it can be read everywhere; else each text has the one that can be read where it
    stands; and where there is none for one of them, all have one again, with the least of scrims.

    Args:
        grounds: What each text stands on.
        wanted: The contrast that each has to reach.
        color: The caller's; None = white or black.
    """
    palette = (WHITE, INK) if color is None else (color,)
    plain = [each for each in palette if _readable(each, grounds, wanted)]
    if plain:
        best = max(plain, key=lambda each: min(ground.reached(each) for ground in grounds))
        return [Inking(best, NO_SCRIM) for _ in grounds]
    mixed = [max(palette, key=ground.reached) for ground in grounds]
    if all(ground.reached(each) >= least for each, ground, least in zip(mixed, grounds, wanted, strict=True)):
        return [Inking(each, NO_SCRIM) for each in mixed]
    return min((_all_in(each, grounds, wanted) for each in palette), key=_scrims)


def _readable(color: RGB, grounds: Sequence[Ground], wanted: Sequence[float]) -> bool:
    return all(ground.reached(color) >= least for ground, least in zip(grounds, wanted, strict=True))


def _all_in(color: RGB, grounds: Sequence[Ground], wanted: Sequence[float]) -> list[Inking]:
    return [Inking(color, ground.scrim(color, least)) for ground, least in zip(grounds, wanted, strict=True)]


def _scrims(inking: Sequence[Inking]) -> tuple[float, float]:
    """How much all scrims together take of the picture: the heaviest, then their sum. One that lightens looks like fog,
    one that dims like dusk."""
    weights = [each.scrim.weight * (_FOG if each.scrim.shade == WHITE else 1) for each in inking]
    return max(weights), sum(weights)
