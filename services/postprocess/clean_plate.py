"""A background without the product that a generator drew into it.

Generators that paint around a product paint it too, and often a little too wide; the product's own pixels, laid over
that, leave the difference standing beside them as a ghost. So the ring in which it stands is painted over first, from
outside only. Measured in `docs/quality.md`.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.generate.schema import GenerateResult
from services.postprocess.grain import add_noise, noise_level
from services.postprocess.growth import REACH_PX, measure_growth, weighted_mean
from services.postprocess.product import Product
from services.postprocess.smooth_fill import smooth_fill
from services.postprocess.texture_fill import texture_fill

#: Beyond the measured growth the drawn edge's softness is painted over too.
_MARGIN_PX: Final = 3
#: Of what is hidden, so much next to what is seen is filled: the edge's filters may look there.
_HIDDEN_PX: Final = 2
#: Detail is what a blur of this width takes away; it is a texture where the finer blur takes away much, of 255.
_DETAIL_SIGMA: Final = 16.0
_FINE_SIGMA: Final = 1.0
_ROUGH_SIGMA: Final = 12.0
_SMOOTH: Final = 1.8
_ROUGH: Final = 2.8
#: Standard deviation of normal noise by its mean absolute value.
_MEAN_TO_DEVIATION: Final = 1.25
#: What is looked at around the product.
_AROUND_PX: Final = 30


@dataclass(frozen=True)
class CleanPlate:
    """A background free of the product.

    Args:
        background: (H, W, 3) uint8 sRGB; the generator's own array where no product is to be seen in it. Under the
            product's core its bytes mean nothing.
        drawn: Whether the product was to be seen.
        growth_px: By how much it was too wide: the 95th percentile along its contour.
    """

    background: NDArray[np.uint8]
    drawn: bool
    growth_px: float


def clean_plate(scene: GenerateResult, product: Product, seed: int, deadline: Deadline) -> CleanPlate:
    """Take a drawn product's edge and ghost out of its background.

    Where the drawing is no wider than the product, no pixel outside the product's own alpha changes, and under a soft
    edge, which would else count twice, the background is carried on. Growth beyond `growth.REACH_PX` can't be hidden
    by a fill; it shows in the preservation report, and asking such a generator again is the workflow's to do.

    Args:
        scene: As it was generated; a background that is known to be clean is taken as it is.
        product: Where the product belongs.
        seed: Of the grain in what is filled.
        deadline: Looked at between steps.

    Raises:
        Cancelled, DeadlineExceeded: The picture is no longer wanted.
    """
    background = scene.background
    if scene.clean:
        return CleanPlate(background, drawn=False, growth_px=0.0)
    box = product.box.grown(_AROUND_PX, (background.shape[0], background.shape[1]))
    alpha = np.zeros((box.height, box.width), np.float32)
    alpha[product.box.within(box).slices()] = product.coverage()
    if not (alpha > 0.5).any():
        return CleanPlate(background, drawn=False, growth_px=0.0)
    growth = measure_growth(background[box.slices()], alpha)
    deadline.check()
    if not growth.drawn:
        return CleanPlate(background, drawn=False, growth_px=0.0)
    hole = ghost_hole(alpha, growth.px)
    plate = background.copy()
    _fill(plate[box.slices()], hole, alpha, seed)
    return CleanPlate(plate, drawn=True, growth_px=growth.p95_px)


def ghost_hole(alpha: NDArray[np.float32], growth_px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a picture shows the product or its ghost.

    Args:
        alpha: (H, W) float32, 0 to 1.
        growth_px: (H, W) float32, see `Growth.px`.
    """
    covered = alpha > 0
    away = cv2.distanceTransform((~covered).astype(np.uint8), cv2.DIST_L2, 5)
    reach = np.minimum(growth_px, REACH_PX) + _MARGIN_PX
    return np.asarray(covered | ((growth_px > 0) & (away <= reach)), np.bool_)


def _fill(image: NDArray[np.uint8], hole: NDArray[np.bool_], alpha: NDArray[np.float32], seed: int) -> None:
    """Fill what may be seen of the hole, in place, with the texture and the grain of what is around it."""
    side = 2 * _HIDDEN_PX + 1
    visible = (hole & (alpha < 1)).astype(np.uint8)
    wanted = hole & (cv2.dilate(visible, np.ones((side, side), np.uint8)) > 0)
    around = (cv2.dilate(hole.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0) & ~hole
    picture, known = image.astype(np.float32), around.astype(np.float32)
    level = noise_level(image, around)
    broad, _ = weighted_mean(picture, known, _DETAIL_SIGMA)
    rough = _roughness(picture, known, level)
    texture = texture_fill(picture - broad, hole, wanted & (rough > 0))
    # Pieces that are a little lighter or darker than what they meet are evened out by filling what they leave over.
    smooth = smooth_fill(np.dstack([picture, picture - texture]), hole, wanted)
    share = rough[wanted][:, None]
    filled = smooth[:, :3] * (1 - share) + (smooth[:, 3:] + texture[wanted]) * share
    image[wanted] = np.clip(np.round(filled), 0, 255).astype(np.uint8)
    if level > 0:
        image[wanted] = add_noise(image, level, seed)[wanted]


def _roughness(picture: NDArray[np.float32], known: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
    """(H, W) float32: 1 where the surroundings have a texture of their own, 0 where they are smooth or noisy alone."""
    smooth, _ = weighted_mean(picture, known, _FINE_SIGMA)
    # Of the absolute values: single edges, as of a lamp out of focus, make no texture.
    fine, _ = weighted_mean(np.abs(picture - smooth).mean(axis=2), known, _ROUGH_SIGMA)
    over = np.sqrt(np.maximum((_MEAN_TO_DEVIATION * fine) ** 2 - noise * noise, 0))
    return np.asarray(np.clip((over - _SMOOTH) / (_ROUGH - _SMOOTH), 0, 1), np.float32)
