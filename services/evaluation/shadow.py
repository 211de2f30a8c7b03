"""Does the shadow fall where a real area light would throw it, and does it touch the product?"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.light import Light
from services.common.pose import Pose
from services.evaluation.crops import grey
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.shadows import Blocks, focused_occlusion, seen_by, upright_board, upright_cylinder
from services.postprocess.cast_shadow import cast_occlusion
from services.postprocess.product import Product
from services.postprocess.schema import Shadow
from services.postprocess.shadow import shade
from services.segment.matte import box_of

SIDE: Final = 512
_FOOT_YX: Final = (340.0, 256.0)
_PX_PER_M: Final = 640.0
#: Rays per pixel of the truth.
RAYS: Final = 600
#: Less occlusion than this is no shadow.
_SEEN: Final = 0.02
#: From this occlusion on a pixel counts as touched by the shadow.
_TOUCHED: Final = 0.1
#: Shares of the foot's half width: beyond it the contour rises and no longer stands on the ground.
_STANDS: Final = 0.9
#: How far below the product the shadow is looked for, in pixels.
_SEARCH_PX: Final = 24


@dataclass(frozen=True)
class Setup:
    """A body under a light.

    Args:
        name: In words.
        camera, light: Of the scene.
        mask: (H, W) bool, where the camera sees the body.
        body: That blocks rays.
        foot_px: Half the width of its foot.
        depth_ratio: Told to the service where the body is flat, which no silhouette can tell; None = not told.
    """

    name: str
    camera: Camera
    light: Light
    mask: NDArray[np.bool_]
    body: Blocks
    foot_px: float
    depth_ratio: float | None

    @classmethod
    def of(cls, number: int) -> "Setup":
        """Flat boards in the outline of a vase and round tins in turns; lights that throw a shadow one can see."""
        rng = np.random.default_rng(6000 + number)
        camera = Camera((SIDE, SIDE), float(rng.uniform(10, 42)), 30.0, _FOOT_YX, _PX_PER_M)
        flat = number % 2 == 0
        # From behind and beside; a board that is lit on its edge throws none.
        azimuth = float(rng.uniform(-55, 55) if flat else rng.uniform(-125, 125))
        key = (0.65, 0.65, 0.65)
        light = Light(azimuth, float(rng.uniform(28, 62)), float(rng.uniform(4, 20)), key, (0.35, 0.35, 0.35))
        distance = camera.height_m / np.tan(np.radians(camera.foot_depression_deg))
        words = f"looking down {camera.pitch_deg:.0f}, light at {azimuth:.0f}, {light.elevation_deg:.0f} high, "
        words += f"{light.radius_deg:.0f} wide"
        if flat:
            mask, foot = _vase(rng)
            return cls(
                f"{number}: board, {words}", camera, light, mask, upright_board(camera, mask, distance), foot, 0.0
            )
        radius, height = float(rng.uniform(0.05, 0.1)), float(rng.uniform(0.12, 0.26))
        body = upright_cylinder((0.0, float(distance)), radius, height)
        mask = seen_by(camera, body)
        return cls(f"{number}: tin, {words}", camera, light, mask, body, radius * _PX_PER_M, None)

    @property
    def product(self) -> Product:
        """The body as a cut-out product in one colour."""
        box = box_of(self.mask)
        inside = self.mask[box.slices()]
        color = np.full((*inside.shape, 3), (176, 92, 60), np.uint8)
        return Product(box, (inside * OPAQUE).astype(np.uint16), color, inside, "none")


class CastShadow:
    """Compares cast shadows with traced ones."""

    name = "shadow"
    most = 200

    def ask(self, number: int) -> Reading:
        """RMSE inside either shadow, overlap of the dark halves, and the largest gap under the foot."""
        setup = Setup.of(number)
        truth = focused_occlusion(setup.camera, setup.light, setup.body, RAYS)
        ours = np.zeros_like(truth)
        part, box = cast_occlusion(
            setup.product, setup.camera, setup.light, Pose.STANDING, Deadline(), setup.depth_ratio
        )  # fmt: skip
        ours[box.slices()] = part
        kind = "shadow_rmse" if setup.depth_ratio == 0 else "shadow_round_rmse"
        seen = ~setup.mask & ((ours > _SEEN) | (truth > _SEEN))
        dark = (ours > 0.5) & ~setup.mask, (truth > 0.5) & ~setup.mask
        values = {
            kind: float(np.sqrt(np.mean((ours - truth)[seen] ** 2))),
            "shadow_gap_px": contact_gap(setup),
        }
        if dark[1].any():
            values["shadow_iou"] = float((dark[0] & dark[1]).sum() / (dark[0] | dark[1]).sum())
        pictures = (
            Picture.of("traced", _shown(setup, 1 - truth)),
            Picture.of(f"drawn, off by {values[kind]:.4f}", _shown(setup, 1 - ours)),
            Picture.of("difference, grey = none", _shown(setup, 0.5 + 2 * (truth - ours))),
        )
        return Reading(setup.name, values, pictures)


def contact_gap(setup: Setup) -> float:
    """The most rows of unshaded ground between the product and its shadow, over all columns of the foot."""
    shading = shade(setup.product, setup.camera, setup.light, Pose.STANDING, Shadow.SOFT, Deadline())
    lost = np.zeros(setup.mask.shape, np.float32)
    if shading is not None:
        lost[shading.box.slices()] = 1 - shading.factor.mean(axis=2)
    reach = int(_STANDS * setup.foot_px)
    middle = int(_FOOT_YX[1])
    below = setup.mask.shape[0] - np.argmax(setup.mask[::-1], axis=0)
    gaps = []
    for column in range(middle - reach, middle + reach):
        shaded = lost[below[column] : below[column] + _SEARCH_PX, column] >= _TOUCHED
        gaps.append(int(np.argmax(shaded)) if shaded.any() else _SEARCH_PX)
    return float(max(gaps))


def _vase(rng: np.random.Generator) -> tuple[NDArray[np.bool_], float]:
    """An outline with a waist that stands on the foot's row, and half the width of its foot."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    half, wave, depth = rng.uniform(36, 62), rng.uniform(9, 18), rng.uniform(0.15, 0.35)
    width = half * (1 + depth * np.sin((_FOOT_YX[0] - y) / wave))
    mask = (y < _FOOT_YX[0]) & (y > _FOOT_YX[0] - rng.uniform(130, 210)) & (np.abs(x - _FOOT_YX[1]) < width)
    return np.asarray(mask), float(half)


def _shown(setup: Setup, values: NDArray[np.float64]) -> NDArray[np.uint8]:
    picture = grey(values.astype(np.float32))
    picture[setup.mask] = (176, 92, 60)
    lower = Box(int(_FOOT_YX[0]) - 150, 96, 290, 320)
    return picture[lower.slices()]
