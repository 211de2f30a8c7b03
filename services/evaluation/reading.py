"""What a question answers about one scene."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from services.codecs.encode import encode_image
from services.common.image import ImageFormat

_QUALITY: Final = 88


@dataclass(frozen=True)
class Picture:
    """A picture for the page: what it shows, and a JPEG file."""

    caption: str
    data: bytes

    @classmethod
    def of(cls, caption: str, image: NDArray[np.uint8], longest_px: int = 360) -> "Picture":
        """From (H, W, 3) uint8 sRGB; small crops are shown pixel by pixel, larger pictures averaged down."""
        factor = longest_px / max(image.shape[:2])
        if factor >= 2:
            whole = int(factor)
            image = np.repeat(np.repeat(image, whole, axis=0), whole, axis=1)
        elif factor < 1:
            size_wh = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
            image = np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        return cls(caption, encode_image(np.ascontiguousarray(image), ImageFormat.JPEG, _QUALITY))


@dataclass(frozen=True)
class Reading:
    """One scene's answer.

    Args:
        scene: What was looked at.
        values: By measure, see `bars.BARS`; a measure may be missing where a scene can't show it.
        pictures: To look at.
    """

    scene: str
    values: Mapping[str, float]
    pictures: tuple[Picture, ...] = field(default=())


class Question(Protocol):
    """One thing to find out about many scenes."""

    @property
    def name(self) -> str:
        """As `vitrine eval --only` calls it."""

    @property
    def most(self) -> int:
        """More scenes than this would tell nothing more."""

    def ask(self, number: int) -> Reading:
        """Look at the scene of that number, from 0; the same answer every time but for times and memory."""
