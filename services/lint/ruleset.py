"""A marketplace's rules for one kind of picture, read from the data files in `rulesets/`."""

from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from services.common.errors import InvalidInput, NotFound
from services.common.image import ImageFormat
from services.lint.rules import AspectRule, Colour, FillRule, FormatRule, Part, Rule, RuleBase

R = TypeVar("R", bound=RuleBase)


class Aim(Part):
    """What a picture that has to be made anew looks like.

    `ground`: its colour. `aspect`: width / height. `fill`: the product's share, see `FillRule`; to reach a size that is
    asked for, the frame may grow until that is `loosest`. `enlarged`: how many times larger the product may become
    where that does not do and the size is required.
    """

    format: ImageFormat
    ground: Colour
    aspect: float = Field(gt=0.2, lt=5)
    fill: float = Field(gt=0.1, le=0.98)
    loosest: float = Field(gt=0.1, le=0.98)
    enlarged: float = Field(1.0, ge=1, le=4)

    @property
    def ground_rgb(self) -> tuple[int, int, int]:
        """Its sRGB bytes."""
        red, green, blue = bytes.fromhex(self.ground.removeprefix("#"))
        return red, green, blue


class RuleSet(Part):
    """One file of rules."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    title: str
    rules: tuple[Rule, ...] = Field(min_length=1)
    aim: Aim

    @model_validator(mode="after")
    def _each_rule_once(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"each rule has an id of its own; {', '.join(twice)} stands there more than once")
        return self

    @model_validator(mode="after")
    def _aim_keeps_the_rules(self) -> Self:
        aim = self.aim
        if aim.loosest > aim.fill:
            raise ValueError(f"aim.loosest ({aim.loosest}) is above aim.fill ({aim.fill})")
        for fill in self.of_kind(FillRule):
            if not fill.least <= aim.loosest <= aim.fill <= fill.most:
                raise ValueError(f"aim.fill ({aim.fill}) and aim.loosest ({aim.loosest}) break the rule {fill.id!r}")
        for aspect in self.of_kind(AspectRule):
            if abs(aim.aspect - aspect.width_to_height) > aspect.tolerance:
                raise ValueError(f"aim.aspect ({aim.aspect}) breaks the rule {aspect.id!r}")
        for rule in self.of_kind(FormatRule):
            if aim.format not in rule.formats:
                raise ValueError(f"aim.format ({aim.format}) breaks the rule {rule.id!r}")
        return self

    def of_kind(self, kind: type[R]) -> tuple[R, ...]:
        """Its rules of one kind, in their order."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind))

    def takes(self, image_format: str) -> bool:
        """Whether a file of that format passes; by Pillow's name."""
        return all(image_format in rule.formats for rule in self.of_kind(FormatRule))


class RuleSetCatalog:
    """All rule sets by id."""

    def __init__(self, rule_sets: Mapping[str, RuleSet]) -> None:
        self.rule_sets = MappingProxyType(dict(sorted(rule_sets.items())))

    @classmethod
    def shipped(cls) -> Self:
        """The rule sets that come with Vitrine."""
        return cls({each.id: each for each in _read(resources.files("services.lint").joinpath("rulesets"))})

    @classmethod
    def open(cls, folder: Path | None) -> Self:
        """The shipped rule sets and those of an operator's folder, which stand in place of shipped ones of the same id;
        None = the shipped ones alone.

        Raises:
            ValueError: The folder is missing, or a file is no rule set.
        """
        shipped = cls.shipped()
        if folder is None:
            return shipped
        if not folder.is_dir():
            raise ValueError(f"lint.rule_sets_dir is {str(folder)!r}; wanted is a folder of rule set files")
        return cls({**shipped.rule_sets, **{each.id: each for each in _read(folder)}})

    def get(self, rule_set_id: str) -> RuleSet:
        """The rule set with that id.

        Raises:
            InvalidInput: The id is empty.
            NotFound: There is none; the messages list those there are.
        """
        known = list(self.rule_sets)
        if not rule_set_id:
            raise InvalidInput(f"no rule set is named; known are: {', '.join(known)}", field="rule_set", known=known)
        if rule_set_id not in self.rule_sets:
            raise NotFound(
                f"there is no rule set {rule_set_id[:64]!r}; known are: {', '.join(known)}",
                field="rule_set", known=known,
            )  # fmt: skip
        return self.rule_sets[rule_set_id]


def _read(folder: Traversable) -> Iterator[RuleSet]:
    """The rule sets of a folder's YAML files."""
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".yaml"):
            continue
        try:
            rule_set = RuleSet.model_validate(yaml.safe_load(file.read_text("utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
            raise ValueError(f"{file.name} is no rule set file: {error}") from error
        if file.name != f"{rule_set.id}.yaml":
            raise ValueError(f"{file.name} holds the rule set {rule_set.id!r}; name and id must agree")
        yield rule_set
