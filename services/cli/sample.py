"""The photo that the demonstration and the benchmark use when none is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.codecs.encode import encode_image
from services.codecs.photo import decode_image
from services.common.errors import InvalidInput
from services.common.image import ImageFormat, ImageLimits

#: The sample was taken from about this far above, in degrees.
COFFEE_PITCH_DEG: Final = 40.0


@dataclass(frozen=True)
class Sample:
    """A photo to work on.

    Args:
        name: For people.
        image: (H, W, 3) uint8 sRGB.
        content: The file as it is sent.
        pitch_deg: How far its camera looked down; None = unknown.
    """

    name: str
    image: NDArray[np.uint8]
    content: bytes
    pitch_deg: float | None


def open_sample(photo: Path | None, pitch_deg: float | None, limits: ImageLimits) -> Sample:
    """The user's photo, or scikit-image's `data.coffee()`, a still life that comes with it.

    Raises:
        InvalidInput: The file can't be read.
        UnsupportedMedia, TooLarge: It is no photo that the service takes.
    """
    if photo is None:
        return _coffee(pitch_deg)
    try:
        content = photo.read_bytes()
    except OSError as error:
        raise InvalidInput(f"the photo {str(photo)!r} can't be read: {error.strerror}", field="photo") from error
    return Sample(photo.name, decode_image(content, limits).on_white(), content, pitch_deg)


def _coffee(pitch_deg: float | None) -> Sample:
    from skimage import data  # takes a second to import

    image = np.ascontiguousarray(data.coffee())  # type: ignore[no-untyped-call] # scikit-image has no types
    content = encode_image(image, ImageFormat.PNG, quality=100)
    return Sample("scikit-image's coffee", image, content, COFFEE_PITCH_DEG if pitch_deg is None else pitch_deg)
