"""The product's shadow: what its ground or wall misses of the key light, and the dark of the contact.

A shadow takes light away by multiplication in linear light, never adds any, and is never laid on the product.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box
from services.common.light import Light
from services.common.pose import Pose
from services.postprocess.cast_shadow import cast_occlusion
from services.postprocess.contact import contact_occlusion
from services.postprocess.product import Product
from services.postprocess.schema import Shadow
from services.postprocess.wall_shadow import wall_occlusion

#: Occlusion below twice this fades to nothing, so that a white ground stays white outside the shadow.
_TAIL: Final = 0.008


@dataclass(frozen=True)
class Shading:
    """What the background is multiplied with, in linear light.

    Args:
        box: Where on the canvas; outside it nothing changes.
        factor: (H, W, 3) float32, 0 to 1.
    """

    box: Box
    factor: NDArray[np.float32]


def shade(
    product: Product, camera: Camera, light: Light, pose: Pose, shadow: Shadow, deadline: Deadline
) -> Shading | None:
    """The shadow of a product.

    Args:
        product: On the canvas.
        camera: The canvas' camera.
        light: The scene's.
        pose: Standing products throw a shadow, lying ones have a thickness, hanging ones a wall behind them.
        shadow: SOFT = cast and contact, CONTACT = contact alone, NONE.
        deadline: Looked at between steps.

    Raises:
        Cancelled, DeadlineExceeded: The shadow is no longer wanted.

    Returns:
        None where there is no shadow, which includes standing products that the lower edge of the canvas cuts off:
        their foot, and with it their shadow, is outside the picture.
    """
    cut_off = pose is Pose.STANDING and product.box.bottom >= camera.size_hw[0]
    if shadow is Shadow.NONE or cut_off or not (product.alpha > OPAQUE // 2).any():
        return None
    dark, box = contact_occlusion(product, camera, pose)
    dark = _without_tail(dark)
    if shadow is Shadow.CONTACT:
        return Shading(box, np.repeat((1 - dark)[..., None], 3, axis=2))
    missed, cast_box = _cast(product, camera, light, pose, deadline)
    whole = box.union(cast_box) if cast_box.height * cast_box.width else box
    factor = np.ones((whole.height, whole.width, 3), np.float32)
    factor[cast_box.within(whole).slices()] = _tint(_without_tail(missed), light)
    factor[box.within(whole).slices()] *= (1 - dark)[..., None]
    return Shading(whole, factor)


def _cast(
    product: Product, camera: Camera, light: Light, pose: Pose, deadline: Deadline
) -> tuple[NDArray[np.float32], Box]:
    if pose is Pose.HANGING:
        return wall_occlusion(product, light, camera.size_hw, deadline)
    return cast_occlusion(product, camera, light, pose, deadline)


def _tint(missed: NDArray[np.float32], light: Light) -> NDArray[np.float32]:
    """What is left of the light per channel when that share of the key is missing."""
    key, ambient = np.array(light.key, np.float32), np.array(light.ambient, np.float32)
    share = key / np.maximum(key + ambient, np.float32(1e-6))
    return np.asarray(cv2.transform(missed, np.stack([-share, np.ones(3, np.float32)], axis=1)), np.float32)


def _without_tail(occlusion: NDArray[np.float32]) -> NDArray[np.float32]:
    """Occlusion with its faint end eased to zero, smooth in value and slope."""
    eased = np.where(
        occlusion < 2 * _TAIL, occlusion * occlusion / np.float32(4 * _TAIL), occlusion - np.float32(_TAIL)
    )
    return np.asarray(eased / np.float32(1 - _TAIL), np.float32)
