"""The fonts that covers are set in, from packages that ship them, and which characters they have."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from types import MappingProxyType
from typing import Final, Self

import uharfbuzz as hb

#: Between letters to join or part them; they are never seen themselves.
JOINERS: Final = frozenset("\u200c\u200d")
#: Of characters that are no letters: what formats text, separates lines and paragraphs, or is not assigned.
_UNSEEN: Final = frozenset({"Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


class Style(Enum):
    """What letters are for.

    Args:
        tracking: Space added between them, in em.
        bold: Whether the contrast rule counts them as bold.
    """

    SERIF_NAME = ("serif name", 0.0, True)
    SANS_NAME = ("sans name", 0.0, True)
    SERIF = ("serif", -0.002, True)
    SANS = ("sans", -0.002, True)
    STRIP = ("strip", 0.07, False)
    BOLD = ("bold", 0.001, True)
    PLAIN = ("plain", 0.003, False)

    def __init__(self, _name: str, tracking: float, bold: bool) -> None:
        self.tracking = tracking
        self.bold = bold


@dataclass(frozen=True)
class Cut:
    """A font file of an installed package at one point of its axes."""

    package: str
    file: str
    axes: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Font:
    """A font to set with; not to be shared between threads.

    Args:
        shaper: HarfBuzz's, in units of the font.
        letters: The code points that it has glyphs for.
        units_per_em: Of `shaper`.
    """

    shaper: hb.Font
    letters: frozenset[int]
    units_per_em: int

    def has(self, text: str) -> bool:
        """Whether every character has a glyph."""
        return all(character in JOINERS or ord(character) in self.letters for character in text)


@dataclass(frozen=True)
class _Face:
    """A font file that is open, and what it has."""

    face: hb.Face
    letters: frozenset[int]


class Typecase:
    """Fonts by style, in the order they are tried.

    Args:
        stacks: For every style.

    Raises:
        FileNotFoundError: A package lacks its file.
        ModuleNotFoundError: A package is not installed.
    """

    def __init__(self, stacks: Mapping[Style, Sequence[Cut]]) -> None:
        self._stacks = {style: tuple(stacks[style]) for style in Style}
        cuts = [cut for stack in self._stacks.values() for cut in stack]
        self._faces = {place: _opened(*place) for place in {(cut.package, cut.file) for cut in cuts}}

    @classmethod
    def shipped(cls) -> Self:
        """The fonts that come with what Vitrine depends on, all under the SIL Open Font License 1.1: Latin, Greek,
        Cyrillic, Hebrew, Arabic and Devanagari."""
        return cls(_SHIPPED)

    def fonts(self, style: Style) -> tuple[Font, ...]:
        """Those of a style, made for the caller alone."""
        return tuple(self._font(cut) for cut in self._stacks[style])

    def missing(self, text: str, style: Style) -> int | None:
        """Where in a text its first character stands that no font of the style has a glyph for; None = nowhere."""
        known = [self._faces[cut.package, cut.file].letters for cut in self._stacks[style]]
        for at, character in enumerate(text):
            if character in JOINERS:
                continue
            if unicodedata.category(character) in _UNSEEN or not any(ord(character) in each for each in known):
                return at
        return None

    def _font(self, cut: Cut) -> Font:
        opened = self._faces[cut.package, cut.file]
        shaper = hb.Font(opened.face)
        shaper.set_variations(dict(cut.axes))
        return Font(shaper, opened.letters, opened.face.upem)


def _opened(package: str, file: str) -> _Face:
    path = resources.files(package).joinpath("files", file)
    face = hb.Face(path.read_bytes())
    return _Face(face, frozenset(face.unicodes))


def _serif(weight: float) -> Cut:
    return Cut("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf", {"wght": weight, "opsz": 60})


def _sans(weight: float, width: float) -> Cut:
    return Cut("fontpkg_open_sans", "OpenSans[wdth,wght].ttf", {"wght": weight, "wdth": width})


def _arabic(weight: float) -> Cut:
    return Cut("fontpkg_noto_kufi_arabic", "NotoKufiArabic[wght].ttf", {"wght": weight})


def _devanagari(weight: float, width: float) -> Cut:
    axes = {"wght": weight, "wdth": width}
    return Cut("fontpkg_noto_sans_devanagari", "NotoSansDevanagari[wdth,wght].ttf", axes)


def _didone(weight: float, size: float) -> Cut:
    return Cut("fontpkg_bodoni_moda", "BodoniModa[opsz,wght].ttf", {"wght": weight, "opsz": size})


_HEBREW: Final = Cut("fontpkg_frank_ruhl_libre", "FrankRuhlLibre[wght].ttf", {"wght": 700})

#: The last of each also have signs that the first ones lack, such as some currencies'.
_SHIPPED: Final[Mapping[Style, Sequence[Cut]]] = MappingProxyType(
    {
        Style.SERIF_NAME: (_didone(600, 20), _serif(700), _HEBREW, _arabic(700), _devanagari(700, 85)),
        Style.SANS_NAME: (_sans(800, 92), _arabic(800), _devanagari(800, 92), _serif(800)),
        Style.SERIF: (_didone(650, 15), _serif(700), _HEBREW, _arabic(700), _devanagari(700, 85)),
        Style.SANS: (_sans(800, 75), _arabic(800), _devanagari(800, 75), _serif(800)),
        Style.STRIP: (_sans(650, 90), _arabic(650), _devanagari(650, 90), _serif(650)),
        Style.BOLD: (_sans(700, 80), _arabic(700), _devanagari(700, 85), _serif(700)),
        Style.PLAIN: (_sans(450, 85), _arabic(450), _devanagari(450, 85), _serif(450)),
    }
)
