"""What a marketplace may ask of a picture: the kinds of rules that rule sets are made of."""

import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """A branch of a rule set's file: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleLevel(StrEnum):
    """Whether a picture is refused for breaking the rule, or merely does worse."""

    REQUIRED = "REQUIRED"
    RECOMMENDED = "RECOMMENDED"


class Source(Part):
    """Where a rule stands: the page, its address, and the day on which it was read."""

    page: str
    url: str = Field(pattern=r"^https://")
    read: datetime.date


class RuleBase(Part):
    """What every rule has.

    `id`: its name in its set. `note`: what of it is our own reading, or else worth knowing.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    level: RuleLevel = RuleLevel.REQUIRED
    source: Source
    note: str = ""


class FormatRule(RuleBase):
    """The file's format is one of these, by Pillow's names."""

    kind: Literal["format"]
    formats: tuple[str, ...] = Field(min_length=1)

    @property
    def wanted(self) -> str:
        """In words."""
        return f"a file of {' or '.join(self.formats)}"


class FileSizeRule(RuleBase):
    """The file has at most so many bytes."""

    kind: Literal["file_size"]
    most_bytes: int = Field(ge=1000)

    @property
    def wanted(self) -> str:
        """In words."""
        return f"at most {self.most_bytes} bytes"


class SizeRule(RuleBase):
    """Sides in pixels, and millions of pixels; what is None does not matter."""

    kind: Literal["size"]
    shorter_least: int | None = Field(None, ge=1)
    longer_least: int | None = Field(None, ge=1)
    longer_most: int | None = Field(None, ge=1)
    most_megapixels: float | None = Field(None, gt=0)

    @property
    def wanted(self) -> str:
        """In words."""
        asked = (
            (self.shorter_least, "a shorter side of at least {} px"),
            (self.longer_least, "a longer side of at least {} px"),
            (self.longer_most, "a longer side of at most {} px"),
            (self.most_megapixels, "at most {:g} megapixels"),
        )
        return ", ".join(words.format(value) for value, words in asked if value is not None)


class AspectRule(RuleBase):
    """Width / height; `tolerance`: how far it may be off, either way."""

    kind: Literal["aspect"]
    width_to_height: float = Field(gt=0.2, lt=5)
    tolerance: float = Field(0.01, ge=0, le=0.5)

    @property
    def wanted(self) -> str:
        """In words."""
        return f"width / height of {self.width_to_height:g}, {self.tolerance:g} more or less"


class GroundRule(RuleBase):
    """All around the product is of one colour.

    `tolerance`: how far each channel may be off, of 255. `least_share`: of the ground that has to be so.
    `transparent`: whether a file that arrives cut out passes too.
    """

    kind: Literal["ground"]
    color: Colour
    tolerance: int = Field(0, ge=0, le=64)
    least_share: Share
    transparent: bool = False

    @property
    def wanted(self) -> str:
        """In words."""
        off = f" ({self.tolerance} of 255 off at most)" if self.tolerance else ""
        or_not = ", or transparent" if self.transparent else ""
        return f"{self.least_share:.0%} or more of the ground {self.color}{off}{or_not}"


class FillRule(RuleBase):
    """How much of the picture the product takes: the larger of its shares of the width and of the height."""

    kind: Literal["fill"]
    least: Share
    most: Share = 1.0

    @property
    def wanted(self) -> str:
        """In words."""
        share = f"{self.least:.0%} or more" if self.most == 1 else f"{self.least:.0%} to {self.most:.0%}"
        return f"a product that takes {share} of the picture's width or height"


class MarginRule(RuleBase):
    """Free space on all four sides of the product, as a share of the picture's side; at 0 it only may not touch."""

    kind: Literal["margin"]
    least: Share

    @property
    def wanted(self) -> str:
        """In words."""
        if not self.least:
            return "the whole product inside the picture, touching no side"
        return f"{self.least:.0%} or more of the picture's side free on every side of the product"


class BorderRule(RuleBase):
    """No frame is drawn around the picture."""

    kind: Literal["border"]

    @property
    def wanted(self) -> str:
        """In words."""
        return "no border around the picture"


class TextRule(RuleBase):
    """Nothing is written but on the product itself."""

    kind: Literal["text"]

    @property
    def wanted(self) -> str:
        """In words."""
        return "no text beside or over the product but its own print"


Rule = Annotated[
    FormatRule | FileSizeRule | SizeRule | AspectRule | GroundRule | FillRule | MarginRule | BorderRule | TextRule,
    Field(discriminator="kind"),
]
