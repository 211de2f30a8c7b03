"""Lengths as remove.bg writes them: "30px" or "10%"."""

import re
from dataclasses import dataclass
from typing import Final, Self

_LENGTH: Final = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,4})?)(px|%)")


@dataclass(frozen=True)
class Length:
    """A number of pixels, or a share of something."""

    value: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one.

        Raises:
            ValueError: It is none, or more than 100 %.
        """
        if text == "0":
            return cls(0.0, relative=False)
        found = _LENGTH.fullmatch(text)
        if not found:
            raise ValueError(f'a length such as "30px" or "10%" is wanted, got {text[:40]!r}')
        value, relative = float(found[1]), found[2] == "%"
        if relative and value > 100:
            raise ValueError(f"at most 100% is wanted, got {text}")
        return cls(value / 100 if relative else value, relative)

    def of(self, whole_px: float) -> float:
        """In pixels, of that whole."""
        return self.value * whole_px if self.relative else self.value


def parse_lengths(text: str, counts: tuple[int, ...]) -> list[Length]:
    """Several, with spaces between.

    Raises:
        ValueError: One is none, or there are not as many as wanted.
    """
    parts = text.split()
    if len(parts) not in counts:
        raise ValueError(f"{' or '.join(map(str, counts))} lengths are wanted, got {len(parts)}")
    return [Length.parse(part) for part in parts]
