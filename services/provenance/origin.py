"""Where a finished picture comes from, before it is written into its file."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Self

from services.provenance.source import DigitalSource, declared_source

_RENDERED: Final = (
    "The product was placed into a scene that was rendered from a photographed panorama and computed surfaces."
)
_DRAWN: Final = "The surroundings of the product were drawn by a generative model."


@dataclass(frozen=True)
class Part:
    """A picture that another was made from.

    Args:
        title: What it is, for people.
        sha256: Hex, of its file.
        declared: The part that a generative model had in it, as its file says.
        signed: Its file, a PNG that this service wrote: what that says goes along. Empty for what callers sent, of
            which the digest is told alone.
    """

    title: str
    sha256: str
    declared: DigitalSource | None = None
    signed: bytes = b""

    @classmethod
    def sent(cls, title: str, file: bytes) -> Self:
        """A file that a caller sent."""
        return cls(title, hashlib.sha256(file).hexdigest(), declared_source(file))

    @classmethod
    def own(cls, title: str, file: bytes) -> Self:
        """A PNG file that this service wrote."""
        return cls(title, hashlib.sha256(file).hexdigest(), declared_source(file), file)


@dataclass(frozen=True)
class Origin:
    """What is told of a finished picture, and nothing of who asked for it, or in which words.

    Args:
        source: What kind of picture it is.
        edit: What was done, for people.
        opened: What it was made from; None where nothing was sent.
        placed: What was put beside it.
    """

    source: DigitalSource
    edit: str
    opened: Part | None = None
    placed: Part | None = None

    def recoloured(self) -> Self:
        """The same of a product that got another colour, which no generative model gave it."""
        return replace(self, edit=f"{self.edit} The product was given another colour.")


def cutout_origin(photo: Part) -> Origin:
    """Of a photo without its background: altered without changing its main content, and still what the photo is where
    that says that a generative model made it."""
    return Origin(photo.declared or DigitalSource.ALGORITHMICALLY_ENHANCED, "The background was removed.", photo)


def shot_origin(photo: Part, background: Part | None, *, drawn: bool, lettered: bool = False) -> Origin:
    """Of a product in a scene.

    Args:
        photo: Of the product.
        background: The caller's own; None = a scene of the service.
        drawn: Whether a diffusion model drew the surroundings.
        lettered: Whether the words of a cover were set on it.
    """
    words = " Words were set behind and beside it." if lettered else ""
    if drawn:
        source, edit = DigitalSource.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA, _DRAWN
    else:
        source = _composed(photo, background)
        edit = "The product was placed into another picture." if background else _RENDERED
    return Origin(source, edit + words, photo, background)


def mended_origin(photo: Part) -> Origin:
    """Of a photo that was made to keep a marketplace's rules."""
    edit = "The product was put on a plain ground, framed or resized, as a marketplace asks for."
    return Origin(photo.declared or DigitalSource.ALGORITHMICALLY_ENHANCED, edit, photo)


def scene_origin() -> Origin:
    """Of a scene without a product: panoramas are photographed, surfaces are computed."""
    return Origin(DigitalSource.COMPOSITE, "The scene was rendered from a photographed panorama and computed surfaces.")


def arranged_origin(cutout: Part, background: Part | None, *, filled: bool) -> Origin:
    """Of a cutout in another frame.

    Args:
        cutout: A file of this service.
        background: The caller's picture behind it.
        filled: Whether a colour is behind it.
    """
    if background:
        return Origin(
            _composed(cutout, background), "The cutout was placed before another picture.", cutout, background
        )
    edit = "The cutout was placed before a colour." if filled else "The cutout was placed in another frame."
    return Origin(cutout.declared or DigitalSource.ALGORITHMICALLY_ENHANCED, edit, cutout)


def _composed(*parts: Part | None) -> DigitalSource:
    generative = any(part is not None and part.declared for part in parts)
    return DigitalSource.COMPOSITE_SYNTHETIC if generative else DigitalSource.COMPOSITE
