"""How a product rests, which scenes, layout and shadows all need to know."""

from enum import StrEnum


class Pose(StrEnum):
    """How the product rests; decides the shape of its shadow."""

    STANDING = "STANDING"
    LYING = "LYING"
    HANGING = "HANGING"
