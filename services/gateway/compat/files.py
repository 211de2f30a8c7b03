"""Pictures as the dialects' files: PNG, JPEG, WebP, an alpha alone, or remove.bg's ZIP of colour and alpha."""

import io
import zipfile
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.codecs.encode import encode_image
from services.codecs.png import encode_png
from services.common.image import ImageFormat
from services.gateway.compat.drawing import over, plain, spread
from services.provenance.origin import Origin
from services.provenance.writer import PictureWriter

ZIP_MEDIA_TYPE: Final = "application/zip"
QUALITY: Final = 92
#: Of a ZIP's colours, which will be cut along the alpha.
_COLOUR_QUALITY: Final = 95
_WHITE: Final = (255, 255, 255, 255)
#: The earliest time that a ZIP can tell: the same picture is the same file.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


def picture_file(
    writer: PictureWriter, origin: Origin, picture: NDArray[np.uint8], image_format: ImageFormat, quality: int = QUALITY
) -> bytes:
    """An (H, W, 4) uint8 picture as a file, without alpha where it is opaque; JPEG has it on white."""
    opaque = bool((picture[..., 3] == 255).all())
    if image_format is ImageFormat.JPEG and not opaque:
        picture, opaque = over(picture, plain((picture.shape[0], picture.shape[1]), _WHITE)), True
    shown = np.ascontiguousarray(picture[..., :3]) if opaque else picture
    return writer.write(shown, image_format, quality, origin)


def alpha_file(picture: NDArray[np.uint8], image_format: ImageFormat) -> bytes:
    """The alpha alone, in grey, white where the product is."""
    alpha = np.ascontiguousarray(picture[..., 3])
    if image_format is ImageFormat.PNG:
        return encode_png(alpha)
    return encode_image(np.dstack([alpha] * 3), image_format, QUALITY)


def zip_file(writer: PictureWriter, origin: Origin, picture: NDArray[np.uint8]) -> bytes:
    """`color.jpg`, which says where it comes from, and `alpha.png`; not compressed once more, as both are already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        color = writer.write(spread(picture), ImageFormat.JPEG, _COLOUR_QUALITY, origin)
        archive.writestr(zipfile.ZipInfo("color.jpg", _NO_TIME), color)
        archive.writestr(zipfile.ZipInfo("alpha.png", _NO_TIME), alpha_file(picture, ImageFormat.PNG))
    return buffer.getvalue()
