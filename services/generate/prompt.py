"""What a scene says to a network that draws: a sentence with slots, which a caller's words extend or replace."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.common.errors import InvalidInput

SLOTS: Final = ("product", "surface", "light", "palette", "season", "wearer")
#: What no product photograph wants, wherever it is taken.
NEGATIVE: Final = "people, hands, text, logo, watermark, frame, clutter, blurry product, deformed, oversaturated"
_SLOT: Final = re.compile(r"\{([a-z]+)\}")


#: The same of a photograph of somebody who wears the product, and how that is said.
NEGATIVE_WORN: Final = "text, logo, watermark, frame, clutter, extra limbs, deformed hands, mannequin, oversaturated"
WORN: Final = "fashion photograph of {wearer} wearing {product}, {light}, {palette}, {season}"


class Prompt(NamedTuple):
    """What to draw and what not, as the text encoders get it."""

    positive: str
    negative: str


class ScenePrompt(BaseModel):
    """A scene in words. Parts of the template, cut at commas, whose slots are all empty are left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: str = "product photograph of {product} on {surface}, {light}, {palette}, {season}"
    product: str = "a product"
    surface: str = Field("", description="What it stands on, lies on or hangs before.")
    light: str = ""
    palette: str = ""
    season: str = ""
    wearer: str = Field("", description="Who wears it; the template is then that of a fashion photograph.")
    negative: str = NEGATIVE

    @model_validator(mode="after")
    def _slots_are_known(self) -> Self:
        for text in (self.template, self.negative):
            fault = _fault(text)
            if fault:
                raise ValueError(fault)
        return self

    def compose(self, text: str = "", negative: str = "", slots: Mapping[str, str] | None = None) -> Prompt:
        """The scene's words with the caller's.

        A text without slots is added to the scene's own. One with a slot, such as "{product} in the desert", is a
        template of its own and takes the place of the scene's; the scene's words fill its slots all the same. With a
        wearer the scene's own words become those of a fashion photograph, whose negative ones spare people.

        Args:
            text: The caller's prompt; empty = the scene's alone.
            negative: What the caller does not want; the same rule.
            slots: Words in place of the scene's own, by slot.

        Raises:
            InvalidInput: There is no such slot, or a brace that belongs to none.
        """
        words = self.model_dump(include=set(SLOTS)) | _checked(slots or {})
        own, unwanted = (WORN, NEGATIVE_WORN) if words["wearer"] else (self.template, self.negative)
        return Prompt(_merge("prompt", own, text, words), _merge("negative_prompt", unwanted, negative, words))


def _checked(slots: Mapping[str, str]) -> dict[str, str]:
    for name in slots:
        if name not in SLOTS:
            raise InvalidInput(
                f"there is no slot {name[:32]!r}; known are {', '.join(SLOTS)}", field="prompt", known=SLOTS
            )
    return dict(slots)


def _merge(field: str, own: str, text: str, words: Mapping[str, str]) -> str:
    fault = _fault(text)
    if fault:
        raise InvalidInput(f"{field}: {fault}", field=field, known=list(SLOTS))
    if _SLOT.search(text):
        return _fill(text, words)
    return ", ".join(part for part in (_fill(own, words), text.strip()) if part)


def _fill(template: str, words: Mapping[str, str]) -> str:
    """The template in words, without the parts that have none."""
    parts = []
    for part in template.split(","):
        named = _SLOT.findall(part)
        if part.strip() and (not named or any(words[name] for name in named)):
            parts.append(_SLOT.sub(lambda match: words[match[1]], part).strip())
    return ", ".join(parts)


def _fault(template: str) -> str:
    """What is wrong with a template; empty = nothing."""
    # Not str.format: its templates reach into objects and ask for widths of gigabytes.
    for name in _SLOT.findall(template):
        if name not in SLOTS:
            return f"there is no slot {name[:32]!r}; known are {', '.join(SLOTS)}"
    if re.search(r"[{}]", _SLOT.sub("", template)):
        return "a brace belongs to no slot; write slots as {product}"
    return ""
