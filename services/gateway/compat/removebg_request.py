"""remove.bg's parameters, by its own description of them (https://www.remove.bg/api): those that are honoured.

What can't be honoured is refused by name, never left out in silence.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, Self

from PIL import ImageColor
from pydantic import Field, field_validator

from services.api.common import Box, Message
from services.api.convert import validated
from services.common.errors import InvalidInput
from services.common.geometry import SizeHW
from services.gateway.compat.arrangement import Arrangement
from services.gateway.compat.lengths import Length, parse_lengths
from services.gateway.compat.wording import CODE_DETAIL

FILES: Final = ("image_file", "bg_image_file")
SOURCES: Final = ("image_file", "image_file_b64", "image_url")
_BACKGROUNDS: Final = ("bg_color", "bg_image_file", "bg_image_url")

#: Of a margin on one side, in pixels and as a share of the subject.
_MAX_MARGIN_PX: Final = 500
_MAX_MARGIN_SHARE: Final = 0.5
_PREVIEW_PX: Final = 250_000
#: By size, the most pixels of a result; None = the photo's own.
_MAX_PIXELS: Final = MappingProxyType[str, int | None](
    {
        "preview": _PREVIEW_PX, "small": _PREVIEW_PX, "regular": _PREVIEW_PX, "medium": 1_500_000, "hd": 4_000_000,
        "full": None, "4k": None, "50MP": None, "auto": None,
    }
)  # fmt: skip

Size = Literal["preview", "small", "regular", "medium", "hd", "full", "4k", "50MP", "auto"]


class RemoveBgRequest(Message):
    """One call of `POST /v1.0/removebg`."""

    image_file: bytes = Field(b"", repr=False)
    image_file_b64: str = Field("", repr=False)
    image_url: str = ""
    size: Size = "preview"
    type: Literal["auto", "product"] = "auto"
    type_level: Literal["none", "1", "2", "latest"] = "1"
    format: Literal["auto", "png", "jpg", "webp", "zip"] = "auto"
    roi: str = "0% 0% 100% 100%"
    crop: bool = False
    crop_margin: str = "0"
    scale: str = "original"
    position: str = ""
    channels: Literal["rgba", "alpha"] = "rgba"
    bg_color: str = ""
    bg_image_file: bytes = Field(b"", repr=False)
    bg_image_url: str = ""
    semitransparency: bool = True
    add_shadow: bool = False
    shadow_type: Literal["none"] = "none"
    shadow_method: Literal["", "latest", "legacy"] = ""

    @field_validator("type_level", "scale", "position", "crop_margin", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """JSON's callers may write a number."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("roi")
    @classmethod
    def _check_roi(cls, value: str) -> str:
        parse_lengths(value, (4,))
        return value

    @field_validator("crop_margin")
    @classmethod
    def _check_margin(cls, value: str) -> str:
        for length in parse_lengths(value, (1, 2, 4)):
            if length.value > (_MAX_MARGIN_SHARE if length.relative else _MAX_MARGIN_PX):
                raise ValueError(f"at most 50% of the subject or {_MAX_MARGIN_PX}px are wanted, got {value[:40]!r}")
        return value

    @field_validator("scale")
    @classmethod
    def _check_scale(cls, value: str) -> str:
        length = None if value == "original" else Length.parse(value)
        if length and not (length.relative and length.value >= 0.1):
            raise ValueError(f'"original" or "10%" to "100%" is wanted, got {value[:40]!r}')
        return value

    @field_validator("position")
    @classmethod
    def _check_position(cls, value: str) -> str:
        if value not in ("", "original", "center"):
            lengths = parse_lengths(value, (1, 2))
            if not all(length.relative or length.value == 0 for length in lengths):
                raise ValueError(f'"original", "center" or shares such as "20% 80%" are wanted, got {value[:40]!r}')
        return value

    @field_validator("bg_color")
    @classmethod
    def _check_color(cls, value: str) -> str:
        _rgba(value)
        return value

    @field_validator("semitransparency")
    @classmethod
    def _check_semitransparency(cls, value: bool) -> bool:
        if not value:
            raise ValueError("cutouts keep what shines through; only true is taken")
        return value

    @field_validator("add_shadow")
    @classmethod
    def _check_shadow(cls, value: bool) -> bool:
        if value:
            raise ValueError("cutouts are made without shadows; only false is taken. Shots have them: POST /v1/shots")
        return value

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """The request that the fields make.

        Raises:
            InvalidInput: One is unknown or faulty, or they do not go together; details name it.
        """
        request = validated(cls, fields)
        if faults := _faults(request):
            raise faults[0]
        return request

    @property
    def arrangement(self) -> Arrangement:
        """The frame of the result."""
        scale = None if self.scale == "original" else Length.parse(self.scale).value
        return Arrangement(self.crop, _four(self.crop_margin), scale, self._position(), _MAX_PIXELS[self.size])

    @property
    def background(self) -> tuple[int, int, int, int] | None:
        """sRGB and alpha, 0 to 255; None where no colour is asked for."""
        return _rgba(self.bg_color) if self.bg_color else None

    @property
    def sized_by_photo(self) -> bool:
        """Whether the region of interest can only be told with the photo's size."""
        return not self.whole_photo and any(length.relative for length in parse_lengths(self.roi, (4,)))

    @property
    def whole_photo(self) -> bool:
        """Whether the region of interest is everything."""
        return self.roi.split() == ["0%", "0%", "100%", "100%"]

    def region(self, photo_hw: SizeHW) -> Box:
        """The region of interest, in the photo's pixels.

        Args:
            photo_hw: Size of the photo; counts where the region is told in shares of it.

        Raises:
            InvalidInput: It is empty.
        """
        height, width = photo_hw
        lengths = parse_lengths(self.roi, (4,))
        x1, y1, x2, y2 = (length.of(side) for length, side in zip(lengths, (width, height) * 2, strict=True))
        left, top = math.floor(min(x1, x2)), math.floor(min(y1, y2))
        box = Box(left=left, top=top, width=math.ceil(max(x1, x2)) - left, height=math.ceil(max(y1, y2)) - top)
        if box.width < 1 or box.height < 1:
            message = f"roi: the region is {box.width} x {box.height} pixels; each side needs at least 1"
            raise InvalidInput(message, field="roi", **{CODE_DETAIL: "roi_region_empty"})
        return box

    def _position(self) -> tuple[float, float] | None:
        if self.position in ("", "original"):
            # Where it is; scaled, in the middle, which is the arrangement's own rule.
            return None
        if self.position == "center":
            return 0.5, 0.5
        shares = [length.value for length in parse_lengths(self.position, (1, 2))]
        return shares[0], shares[-1]


def _faults(request: RemoveBgRequest) -> list[InvalidInput]:
    """What does not go together, by the codes that remove.bg has for it."""
    sources = [name for name in SOURCES if getattr(request, name)]
    backgrounds = [name for name in _BACKGROUNDS if getattr(request, name)]
    found = [
        (not sources, "image_file", "missing_source", f"no image is given; send one of {', '.join(SOURCES)}"),
        (len(sources) > 1, "image_file", "multiple_sources", f"one image is taken, got {' and '.join(sources)}"),
        (len(backgrounds) > 1, "bg_color", "multiple_bg_sources",
         f"one background is taken, got {' and '.join(backgrounds)}"),
        (bool(request.bg_image_url), "bg_image_url", "invalid_bg_image_url",
         "bg_image_url: backgrounds are not fetched; send bg_image_file"),
        (bool(backgrounds) and request.format == "zip", "format", "invalid_format",
         "format: a zip holds the cutout's colour and alpha, and no background; ask for png, jpg or webp"),
        (request.channels == "alpha" and bool(backgrounds), "channels", "invalid_channels",
         "channels: an alpha has no background; leave it out or ask for rgba"),
        (request.channels == "alpha" and request.format == "zip", "format", "invalid_format",
         "format: a zip holds colour and alpha; ask for png, jpg or webp where alpha alone is wanted"),
        (request.crop and request.scale != "original", "scale", "invalid_scale",
         "scale: a cropped picture is as large as its subject; ask for one of crop and scale"),
        (request.crop and request.position not in ("", "original"), "position", "invalid_position",
         "position: in a cropped picture the subject has no other place; ask for one of crop and position"),
        (request.scale != "original" and request.position == "original", "position", "invalid_position",
         'position: a scaled subject is in the middle, or where "0%" to "100%" puts it'),
    ]  # fmt: skip
    return [InvalidInput(message, field=field, **{CODE_DETAIL: code}) for wrong, field, code, message in found if wrong]


def _four(margin: str) -> tuple[Length, Length, Length, Length]:
    """Top, right, bottom, left, as CSS has them."""
    top, right, bottom, left = (parse_lengths(margin, (1, 2, 4)) * 4)[:4]
    return top, right, bottom, left


def _rgba(colour: str) -> tuple[int, int, int, int]:
    """A name, or three, four, six or eight hex digits."""
    if not colour:
        return 0, 0, 0, 0
    digits = colour.removeprefix("#")
    known = colour.lower() in ImageColor.colormap
    if not known and not (len(digits) in (3, 4, 6, 8) and all(each in "0123456789abcdefABCDEF" for each in digits)):
        raise ValueError(f'a colour such as "81d4fa", "fff", "81d4fa77" or "green" is wanted, got {colour[:40]!r}')
    red, green, blue, *alpha = ImageColor.getrgb(colour if known else f"#{digits}")
    return red, green, blue, alpha[0] if alpha else 255
