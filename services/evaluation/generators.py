"""Fake generators: they invent a background and redraw the product in it, each wrong in one known way.

What a diffusion model does to a product that it is told to leave alone, with the dose known. All give the picture as
the generation stage hands it on, product included, and the background alone, which the service never sees.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.light import Finish, Light
from services.common.srgb import decode, encode
from services.evaluation.truth.backdrop import BACKDROPS
from services.evaluation.truth.lettering import with_one_letter_changed
from services.evaluation.truth.photo import Blend, developed, mixed
from services.evaluation.truth.scene import Scene
from services.generate.schema import GenerateResult

Array = NDArray[np.float32]

#: White light from behind the camera: it asks nothing of the product.
NEUTRAL: Final = Light(180.0, 50.0, 20.0, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))
MATT: Final = Finish(0.0, 1.0)
#: A mild proxy of a diffusion model's autoencoder: how coarse its grid is, its warp, and its noise in sRGB.
_LATENT_SHRINK: Final = 2.2
_LATENT_WARP_PX: Final = 0.8
_LATENT_NOISE: Final = 0.01
#: The line whose letter a misspelling generator changes.
CHANGED_X_HEIGHT_PX: Final = 12.0
#: Backgrounds take turns.
KINDS: Final = ("octaves", "brick", "gradient")
#: Mid-toned, unlike the photos' own.
_COLORS: Final = ((0.45, 0.55, 0.48), (0.62, 0.5, 0.42), (0.5, 0.52, 0.6))


@dataclass(frozen=True)
class Drawing:
    """What a generator made.

    Args:
        picture: (H, W, 3) uint8 sRGB, background and redrawn product.
        background: (H, W, 3) float32 linear, the background alone, told everywhere.
        alpha: (H, W) float32, where it drew the product.
    """

    picture: NDArray[np.uint8]
    background: Array
    alpha: Array

    def result(self) -> GenerateResult:
        """As the generation stage gives it."""
        return GenerateResult(self.picture, NEUTRAL, MATT, "drawn truth", 0.0)

    def plate(self) -> GenerateResult:
        """The background alone, as an engine gives it that never saw the product."""
        return GenerateResult(developed(self.background), NEUTRAL, MATT, "drawn truth", 0.0, clean=True)


#: From a scene and the colours of its product to what the generator takes for the product.
Fault = Callable[[Scene], tuple[Array, Array]]


def faithful(scene: Scene) -> tuple[Array, Array]:
    """The product as it is."""
    return scene.alpha, scene.foreground


def thickened(grown_px: float) -> Fault:
    """Every part wider by so much."""

    def redraw(scene: Scene) -> tuple[Array, Array]:
        return scene.garment.alpha(grown_px / 2), scene.foreground

    return redraw


def scaled(factor: float) -> Fault:
    """Everything larger, about the picture's middle."""

    def redraw(scene: Scene) -> tuple[Array, Array]:
        height, width = scene.alpha.shape
        turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), 0, factor)

        def moved(field: Array) -> Array:
            return np.asarray(cv2.warpAffine(field, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)

        return moved(scene.alpha), moved(scene.foreground)

    return redraw


def warped(reach_px: float) -> Fault:
    """Everything moved here and there by up to so much."""

    def redraw(scene: Scene) -> tuple[Array, Array]:
        height, width = scene.alpha.shape
        rng = np.random.default_rng(scene.seed + 50)
        waves = [cv2.resize(rng.normal(size=(9, 9)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
                 for _ in range(2)]  # fmt: skip
        x, y = (np.asarray(reach_px * wave / np.abs(wave).max(), np.float32) for wave in waves)
        rows, columns = np.mgrid[:height, :width].astype(np.float32)

        def moved(field: Array) -> Array:
            found = cv2.remap(field, columns + x, rows + y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            return np.asarray(found, np.float32)

        return moved(scene.alpha), moved(scene.foreground)

    return redraw


def tinted(hue_deg: float) -> Fault:
    """All hues turned by so much (in linear RGB, about the grey axis)."""

    def redraw(scene: Scene) -> tuple[Array, Array]:
        turn, axis = np.radians(hue_deg), np.full(3, 3**-0.5)
        cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        matrix = np.cos(turn) * np.eye(3) + np.sin(turn) * cross + (1 - np.cos(turn)) * np.outer(axis, axis)
        return scene.alpha, np.asarray(np.clip(scene.foreground @ matrix.T, 0, 1), np.float32)

    return redraw


def swollen(share: float) -> Fault:
    """Straps wider by that share of their width, all else as it is."""

    def redraw(scene: Scene) -> tuple[Array, Array]:
        straps = tuple(replace(strap, width_px=strap.width_px * (1 + share)) for strap in scene.garment.straps)
        return replace(scene.garment, straps=straps).alpha(), scene.foreground

    return redraw


def passed_through_latents(scene: Scene) -> tuple[Array, Array]:
    """As a latent model hands back what it was told to keep: softer, moved by most of a pixel, and noisy.

    Its autoencoder averages sRGB values, and so is this softened in them.
    """
    alpha, foreground = warped(_LATENT_WARP_PX)(scene)
    height, width = alpha.shape
    small_wh = (round(width / _LATENT_SHRINK), round(height / _LATENT_SHRINK))

    def softened(field: Array) -> Array:
        small = cv2.resize(field, small_wh, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)

    noise = np.random.default_rng(scene.seed + 60).normal(0, _LATENT_NOISE, foreground.shape)
    values = np.asarray(np.clip(softened(encode(foreground)) + noise, 0, 1), np.float32)
    return np.clip(softened(alpha), 0, 1), decode(values)


def lit(fault: Fault, gain: Array) -> Fault:
    """What a fault gives, in another light.

    Args:
        fault: The fault.
        gain: (H, W, 3) float32 of linear light.
    """

    def redraw(scene: Scene) -> tuple[Array, Array]:
        alpha, foreground = fault(scene)
        return alpha, np.clip(foreground * gain, 0, 1)

    return redraw


def misspelt(scene: Scene) -> tuple[Array, Array]:
    """One letter of one line is another."""
    lines = tuple(
        with_one_letter_changed(line) if line.x_height_px == CHANGED_X_HEIGHT_PX else line
        for line in scene.garment.lines
    )
    return scene.alpha, replace(scene.garment, lines=lines).colors()


def drawn_by(fault: Fault, scene: Scene, number: int) -> Drawing:
    """What a generator with that fault makes of a scene.

    Args:
        fault: Its fault.
        scene: The truth.
        number: Decides the background.
    """
    kind = KINDS[number % len(KINDS)]
    background = BACKDROPS[kind](scene.garment.size_hw, _COLORS[number % len(_COLORS)], 4000 + number)
    alpha, foreground = fault(scene)
    return Drawing(developed(mixed(alpha, foreground, background, Blend.LIGHT)), background, alpha)
