"""The pictures of a folder, each with what is in it."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.codecs.photo import decode_image
from services.common.errors import InvalidInput, VitrineError
from services.common.image import ImageLimits
from services.factory.schema import TrainingPicture
from services.generate.diffusion.sizes import Buckets

_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".tif", ".tiff")


def fitted(image: NDArray[np.uint8], buckets: Buckets) -> NDArray[np.uint8]:
    """A picture as a checkpoint draws them: cut to the nearest aspect, from its middle, and scaled.

    Args:
        image: (H, W, 3) uint8 sRGB.
        buckets: The checkpoint's sizes.
    """
    height, width = buckets.nearest((image.shape[0], image.shape[1]))
    scale = max(height / image.shape[0], width / image.shape[1])
    kept_h, kept_w = round(height / scale), round(width / scale)
    top, left = (image.shape[0] - kept_h) // 2, (image.shape[1] - kept_w) // 2
    kept = image[top : top + kept_h, left : left + kept_w]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(kept, (width, height), interpolation=way), np.uint8)


def read_pictures(folder: Path, buckets: Buckets, caption: str, limits: ImageLimits) -> list[TrainingPicture]:
    """All pictures of a folder, see `picture_files`.

    Args:
        folder: Where they lie. What stands in a text file of a picture's name is its caption.
        buckets: The checkpoint's sizes, see `fitted`.
        caption: Of pictures without such a file; empty = each needs one.
        limits: Of bytes and pixels.

    Raises:
        InvalidInput: There is none, one can't be read, or lacks a caption; the message names it.
    """
    return [TrainingPicture(_read(file, buckets, limits), _caption(file, caption)) for file in picture_files(folder)]


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; those below it are not looked at.

    Raises:
        InvalidInput: There is none.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES)
    if not files:
        raise InvalidInput(f"{str(folder)!r} holds no pictures", field="images")
    return files


def caption_beside(file: Path, usual: str) -> str:
    """What stands in the text file of a picture's name.

    Args:
        file: The picture.
        usual: Where there is no such file.

    Raises:
        InvalidInput: It can't be read.
    """
    beside = file.with_suffix(".txt")
    try:
        return " ".join(beside.read_text("utf-8").split()) if beside.is_file() else usual
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{beside.name!r} can't be read as text", field="images") from error


def _read(file: Path, buckets: Buckets, limits: ImageLimits) -> NDArray[np.uint8]:
    try:
        return fitted(decode_image(file.read_bytes(), limits).on_white(), buckets)
    except (VitrineError, OSError) as error:
        told = error.message if isinstance(error, VitrineError) else error.strerror
        raise InvalidInput(f"{file.name!r} can't be read: {told}", field="images") from error


def _caption(file: Path, caption: str) -> str:
    found = caption_beside(file, caption)
    if not found:
        wanted = file.with_suffix(".txt").name
        raise InvalidInput(
            f"{file.name!r} has no caption: write one to {wanted!r}, or name a scene whose words are one",
            field="images",
        )
    return found
