"""Captions: what the renderer knows of a picture, said in the words and order of scene prompts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Self

import numpy as np

from services.generate.prompt import NEGATIVE, ScenePrompt
from training import vocabulary as words

#: A caption says each thing that it may leave out this often.
_SAID: Final = 0.8
#: Captions that say nothing, which guidance compares with (Ho & Salimans, arXiv 2207.12598).
_SILENT: Final = 0.12
_OPENINGS: Final = ("product photograph of", "studio product photograph of", "photograph of", "")


@dataclass(frozen=True)
class Labels:
    """What is in a picture, by the keys of `vocabulary`.

    Args:
        kind: Of the set: table, sweep, corner, surface, podium, window, wall, packshot.
        surface: Key of SURFACES.
        behind: Key of BEHIND; empty where an environment or nothing is behind.
        environment: Key of ENVIRONMENTS; empty where none is seen.
        depth: Key of DEPTH.
        side, hardness, warmth: Of the key light.
        brightness: Of the picture.
        pattern: Key of PATTERNS; empty = even light.
        shadow: Key of SHADOWS.
        palette: Key of PALETTES.
        product: Key of PRODUCTS.
    """

    kind: str
    surface: str
    behind: str
    environment: str
    depth: str
    side: str
    hardness: str
    warmth: str
    brightness: str
    pattern: str
    shadow: str
    palette: str
    product: str

    @classmethod
    def from_json(cls, parts: Mapping[str, str]) -> Self:
        """Labels as `to_json` wrote them."""
        return cls(**parts)

    def to_json(self) -> dict[str, str]:
        """By name."""
        return asdict(self)


class Captioner:
    """Says labels, each time in other words.

    Args:
        rng: Decides which.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def say(self, labels: Labels) -> str:
        """A caption for training: some things left out, now and then all of them."""
        if self._rng.random() < _SILENT:
            return "" if self._rng.random() < 0.5 else self._unwanted()
        return self.describe(labels, said=_SAID)

    def describe(self, labels: Labels, said: float = 1.0) -> str:
        """A caption.

        Args:
            labels: What to say.
            said: Share of the things that may be left out, surface and surroundings aside, that are said.
        """
        maybe = [part for part in self._asides(labels) if part and self._rng.random() < said]
        self._rng.shuffle(maybe)
        place = ", ".join(part for part in (self._surroundings(labels), *maybe) if part)
        product = "{product}" if self._rng.random() < said else "a product"
        prompt = ScenePrompt(
            template=f"{self._opening(labels)} {product} {self._relation(labels)} {{surface}}, {place}",
            product=self._pick(words.PRODUCTS[labels.product]),
            surface=self._surface(labels),
        )
        return " ".join(prompt.compose().positive.split())

    def _opening(self, labels: Labels) -> str:
        if labels.kind == "packshot":
            return "packshot of"
        if labels.kind == "surface" and self._rng.random() < 0.7:
            return "flat lay photograph of"
        return self._pick(_OPENINGS)

    def _surface(self, labels: Labels) -> str:
        if labels.kind == "wall":
            return f"a {self._pick(words.BEHIND[labels.surface]).removesuffix(' behind')}"
        return self._pick(words.SURFACES[labels.surface])

    @staticmethod
    def _relation(labels: Labels) -> str:
        return "hanging before" if labels.kind == "wall" else "on"

    def _surroundings(self, labels: Labels) -> str:
        if labels.environment:
            return f"{self._pick(words.ENVIRONMENTS[labels.environment])} {self._pick(words.DEPTH[labels.depth])}"
        if labels.behind:
            return self._pick(words.BEHIND[labels.behind])
        return "seen from above" if labels.kind == "surface" else ""

    def _asides(self, labels: Labels) -> list[str]:
        light = f"{self._pick(words.HARDNESS[labels.hardness])} {self._pick(words.SIDES[labels.side])}"
        return [
            light.strip(),
            self._pick(words.WARMTH[labels.warmth]),
            self._pick(words.BRIGHTNESS[labels.brightness]),
            self._pick(words.PATTERNS[labels.pattern]) if labels.pattern else "",
            self._pick(words.SHADOWS[labels.shadow]),
            self._pick(words.PALETTES[labels.palette]),
            self._pick(words.SEASONS[labels.environment]) if labels.environment in words.SEASONS else "",
        ]

    def _unwanted(self) -> str:
        """Some of what no scene wants and no picture shows: it must mean the same as nothing."""
        parts = NEGATIVE.split(", ")
        count = int(self._rng.integers(1, len(parts) + 1))
        return ", ".join(parts if count == len(parts) else self._rng.permutation(parts)[:count].tolist())

    def _pick(self, phrases: tuple[str, ...]) -> str:
        return phrases[int(self._rng.integers(len(phrases)))]
