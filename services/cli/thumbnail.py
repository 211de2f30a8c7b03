"""Small pictures for contact sheets."""

import io
from pathlib import Path
from typing import Final

from PIL import Image

from services.codecs.photo import decode_image
from services.common.errors import VitrineError
from services.common.image import ImageLimits

#: Longest side, in pixels.
_SIDE_PX: Final = 640


def of_photo(photo: Path | str, limits: ImageLimits) -> Image.Image:
    """A photo as viewers show it, RGB; white paper for an address, and for what can't be read or is not taken."""
    paper = Image.new("RGB", (_SIDE_PX, _SIDE_PX), "white")
    if isinstance(photo, str):
        return paper
    try:
        return _small(Image.fromarray(decode_image(photo.read_bytes(), limits).on_white()))
    except (VitrineError, OSError):  # which the outcomes tell
        return paper


def of_result(content: bytes) -> Image.Image:
    """A picture that the service made, RGB."""
    return _small(Image.open(io.BytesIO(content)))


def _small(image: Image.Image) -> Image.Image:
    image.thumbnail((_SIDE_PX, _SIDE_PX))
    return image.convert("RGB")
