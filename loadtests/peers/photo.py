"""The photos that every peer gets: two megapixels each, as JPEG files."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from PIL import Image, ImageOps
from skimage import data

from services.evaluation.truth.scene import Scene

MEGAPIXELS: Final = 2.0
QUALITY: Final = 92
#: Drawn garments, by their numbers: one before paper under a lamp, one before a gradient.
_DRAWN: Final = (0, 1)


@dataclass(frozen=True)
class Photo:
    """A photo.

    Args:
        name: For people.
        content: A JPEG file.
        size_hw: In pixels.
    """

    name: str
    content: bytes
    size_hw: tuple[int, int]

    @classmethod
    def of(cls, name: str, image: Image.Image) -> Self:
        """Resampled (Lanczos) to two megapixels in its own proportions, in its right orientation."""
        upright = ImageOps.exif_transpose(image).convert("RGB")
        scale = (MEGAPIXELS * 1e6 / (upright.width * upright.height)) ** 0.5
        width, height = round(upright.width * scale), round(upright.height * scale)
        buffer = io.BytesIO()
        upright.resize((width, height), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=QUALITY)
        return cls(name, buffer.getvalue(), (height, width))


def coffee() -> Photo:
    """scikit-image's, a still life that comes with it."""
    return Photo.of("scikit-image's coffee", Image.fromarray(data.coffee()))


def open_photos(paths: Sequence[Path]) -> list[Photo]:
    """Those files, or the coffee and drawn garments if there are none."""
    if paths:
        return [Photo.of(path.name, Image.open(path)) for path in paths]
    drawn = [Photo.of(f"drawn garment {number}", Image.fromarray(Scene.drawn(number).photo)) for number in _DRAWN]
    return [coffee(), *drawn]
