"""The materials by name."""

import zlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from services.generate.plates.materials.concrete import concrete
from services.generate.plates.materials.linen import linen
from services.generate.plates.materials.marble import marble
from services.generate.plates.materials.paint import paint
from services.generate.plates.materials.plaster import plaster
from services.generate.plates.materials.stone import stone
from services.generate.plates.materials.wood import OAK, WALNUT, wood
from services.generate.plates.texture import MaterialMaps, Texture


class MaterialName(StrEnum):
    """What a scene file may name."""

    CONCRETE = "concrete"
    LINEN = "linen"
    MARBLE = "marble"
    OAK = "oak"
    PAINT = "paint"
    PLASTER = "plaster"
    STONE = "stone"
    WALNUT = "walnut"


Recipe = Callable[[np.random.Generator, int], MaterialMaps]
RECIPES: Final[Mapping[MaterialName, Recipe]] = MappingProxyType(
    {
        MaterialName.CONCRETE: concrete,
        MaterialName.LINEN: linen,
        MaterialName.MARBLE: marble,
        MaterialName.OAK: lambda rng, size_px: wood(rng, size_px, OAK),
        MaterialName.PAINT: paint,
        MaterialName.PLASTER: plaster,
        MaterialName.STONE: stone,
        MaterialName.WALNUT: lambda rng, size_px: wood(rng, size_px, WALNUT),
    }
)


def build_texture(name: MaterialName, variant: int, size_px: int) -> Texture:
    """Make a material: a second of work at 2048 pixels, so callers keep the result.

    Args:
        name: Which.
        variant: Another piece of the same material for every number.
        size_px: Side of the tile, a power of two.
    """
    rng = np.random.default_rng([variant, zlib.crc32(name.encode())])
    return Texture.of(RECIPES[name](rng, size_px))
