"""ICC profiles: from a picture's own colour space to sRGB, and the profile that we write."""

import functools
import io
import struct
from types import MappingProxyType

from PIL import Image, ImageCms

#: Colour spaces by their signature (ICC.1:2022, table 19) and the modes that Little CMS reads them from.
_MODES = MappingProxyType({"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"})


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture without alpha as RGB in sRGB.

    Without a profile, or with a broken one, or one for another kind of colours, the numbers are taken as sRGB, as
    browsers do. CMYK without a profile is inverted ink by ink.

    Args:
        picture: Mode RGB, L, CMYK, LAB, or another that converts to RGB.
        profile: The file's ICC profile.
    """
    if picture.mode == "LAB":
        return _converted(picture, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))) or picture.convert(
            "L"
        ).convert("RGB")
    if profile:
        converted = _by_profile(picture, profile)
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    mode = _MODES.get(source.profile.xcolor_space)
    if mode is None or (mode == "CMYK") != (picture.mode == "CMYK"):
        return None
    if mode == "L" and picture.mode not in ("L", "1"):
        return None
    # Grey photos often carry an RGB profile, and palettes always do.
    return _converted(picture.convert(mode), source)


def _converted(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


@functools.cache
def srgb_profile() -> bytes:
    """An sRGB profile with a fixed date, where Little CMS writes the clock's: the same picture is the same file.

    The date is six 16-bit numbers at byte 24 (ICC.1:2022, 7.2.1 and 4.2).
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)
