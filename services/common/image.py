"""What is said of image files everywhere: the formats we write and the largest that we read.

`services/codecs` reads and writes them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Of photos and canvases.
MIN_SIDE_PX: Final = 16


class ImageFormat(StrEnum):
    """What we write; the values are Pillow's names."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"

    @property
    def media_type(self) -> str:
        """The IANA media type."""
        return f"image/{self.value.lower()}"

    @property
    def extension(self) -> str:
        """The file name's ending, without a dot."""
        return "jpg" if self is ImageFormat.JPEG else self.value.lower()


@dataclass(frozen=True)
class ImageLimits:
    """The largest input that is decoded."""

    max_bytes: int
    max_pixels: int
