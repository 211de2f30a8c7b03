"""One product in two dyes: the same cloth, folds, gloss and lamps, rendered twice.

Cloth sends back its own colour, multiplied with its shading, and its face sends back the lamp's. Both are drawn here
from numbers, so what another dye looks like is known for every pixel.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.evaluation.truth.garment import RGB, Garment
from services.evaluation.truth.photo import Blend, developed, mixed
from services.evaluation.truth.scene import Array, Scene

#: Dyes that cloth comes in, sRGB.
DYES: Final[tuple[RGB, ...]] = (
    (0.16, 0.42, 0.22),
    (0.12, 0.22, 0.48),
    (0.62, 0.12, 0.16),
    (0.72, 0.52, 0.18),
    (0.42, 0.22, 0.45),
    (0.20, 0.45, 0.47),
    (0.62, 0.60, 0.57),
    (0.78, 0.42, 0.40),
)
#: Print in a colour of its own, sRGB, in turns.
_INKS: Final[tuple[RGB, ...]] = ((0.95, 0.75, 0.10), (0.10, 0.25, 0.65), (0.85, 0.15, 0.20), (0.10, 0.50, 0.30))
#: Folds: darkest and brightest shading; gloss at its brightest, as a share of white.
_SHADING: Final = (0.55, 1.3)
_GLOSS: Final = 0.12
#: Two lamps, from the left and the right, linear RGB.
_WARM: Final = (1.12, 1.0, 0.78)
_COLD: Final = (0.88, 1.0, 1.15)
#: The brightest light on the product, of what a byte can say; overexposed, so much of the product is beyond that.
_BRIGHTEST: Final = 0.97
_CLIPPED_SHARE: Final = 0.02


class Difficulty(StrEnum):
    """What is hard about a photo to recolour."""

    NONE = "none"
    LIGHTS = "lights"
    CLIPPED = "clipped"
    PRINT = "print"


@dataclass(frozen=True)
class Dyed:
    """A product in two dyes.

    Args:
        photo: The scene with the first.
        truth: The same with the second.
        wanted: sRGB, 0 to 255: the second's median as it is seen, which is what is asked for.
        print_only: (H, W) float32, 0 to 1, where print covers the cloth.
    """

    photo: Scene
    truth: Scene
    wanted: tuple[int, int, int]
    print_only: Array

    @classmethod
    def drawn(cls, scene: Scene, number: int, difficulty: Difficulty) -> Self:
        """Redraw a scene's product with folds and gloss, in its own dye and in another.

        Args:
            scene: Gives form, cloth and backdrop.
            number: Decides the other dye, and the light.
            difficulty: What is hard about it.
        """
        rng = np.random.default_rng(9000 + number)
        garment = scene.garment
        ink = _INKS[number % len(_INKS)]
        lines = garment.lines if difficulty is Difficulty.PRINT else ()
        garment = replace(garment, lines=lines, ink=ink)
        dye = DYES[number % len(DYES)]
        shading, gloss = _folds(garment, rng)
        light = _lamps(garment, difficulty)
        first, second = (
            np.asarray(light * (each.colors() * shading[..., None] + gloss[..., None]), np.float32)
            for each in (garment, replace(garment, color=dye))
        )
        exposure = _exposure(first, second, scene.alpha == 1, difficulty)
        covered = _print(garment)
        truth = _scene(scene, garment, exposure * second)
        cloth = (scene.alpha == 1) & (covered == 0)
        red, green, blue = (int(each) for each in np.median(truth.photo[cloth], axis=0))
        return cls(_scene(scene, garment, exposure * first), truth, (red, green, blue), covered)


def _scene(scene: Scene, garment: Garment, foreground: Array) -> Scene:
    photo = developed(mixed(scene.alpha, foreground, scene.background, Blend.LIGHT))
    return replace(scene, garment=garment, foreground=foreground, photo=photo)


def _exposure(first: Array, second: Array, inside: NDArray[np.bool_], difficulty: Difficulty) -> np.float32:
    """So that all of both dyes can be shown; overexposed, nearly all of the first."""
    if difficulty is Difficulty.CLIPPED:
        return np.float32(1 / np.quantile(first[inside].max(axis=1), 1 - _CLIPPED_SHARE))
    return np.float32(min(1.0, _BRIGHTEST / max(float(each[inside].max()) for each in (first, second))))


def _folds(garment: Garment, rng: np.random.Generator) -> tuple[Array, Array]:
    """Shading, and gloss on the crests that face the lamp; both (H, W) float32."""
    side = max(garment.size_hw)
    rough = rng.normal(size=garment.size_hw).astype(np.float32)
    relief = cv2.GaussianBlur(rough, (0, 0), side / 22) * np.float32(side / 22)
    relief += 0.25 * cv2.GaussianBlur(rough, (0, 0), side / 90) * np.float32(side / 90)
    down, right = np.gradient(relief)
    facing = -(0.7 * down + 0.7 * right)
    facing /= max(float(np.abs(facing).max()), 1e-6)
    low, high = _SHADING
    shading = np.where(facing > 0, 1 + facing * (high - 1), 1 + facing * (1 - low))
    gloss = _GLOSS * np.clip(facing * 1.6 - 0.5, 0, 1) ** 2
    return np.asarray(shading, np.float32), np.asarray(gloss, np.float32)


def _lamps(garment: Garment, difficulty: Difficulty) -> Array:
    """(H, W, 3) float32 linear: white, or from warm at the left to cold at the right."""
    height, width = garment.size_hw
    if difficulty is not Difficulty.LIGHTS:
        return np.ones((height, width, 3), np.float32)
    share = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    both = (1 - share) * np.array(_WARM, np.float32) + share * np.array(_COLD, np.float32)
    return np.broadcast_to(both, (height, width, 3)).astype(np.float32)


def _print(garment: Garment) -> Array:
    """Where black print on white cloth would differ from none."""
    bare = replace(garment, color=(1.0, 1.0, 1.0), ink=(0.0, 0.0, 0.0))
    off = replace(bare, lines=()).colors() - bare.colors()
    return np.asarray(np.clip(off.max(axis=2), 0, 1), np.float32)
