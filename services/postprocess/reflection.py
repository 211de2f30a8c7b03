"""The product's mirror image in a glossy surface."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.geometry import Box
from services.common.light import Finish
from services.common.pose import Pose
from services.common.srgb import to_linear
from services.postprocess.base import find_base
from services.postprocess.composite import Layer
from services.postprocess.ground import GroundView
from services.postprocess.product import Product

#: Fainter mirror images are not drawn.
_LEAST_WEIGHT: Final = 0.01
#: The mirror image ends where its weight has faded to this.
_FAINTEST: Final = 0.004
#: Gloss at which a surface is as mirroring at flat angles as clear varnish (4 % is glass).
_FULL_FRESNEL_GLOSS: Final = 0.04
#: Length over which the image fades to 1/e, as a share of the product's height, for the roughest and smoothest finish
#: seen level.
_FADE: Final = (0.06, 0.9)
#: Blur away from the contact relative to the product's height, for the roughest finish.
_BLUR: Final = 0.03


def reflection_weight(finish: Finish, depression_deg: float) -> float:
    """Share of the mirror image in what the camera sees of the surface, 0 to 1.

    Schlick's approximation of Fresnel's equations (1994): gloss seen straight down, nearly all at a flat angle, less
    what roughness scatters away.
    """
    if finish.gloss <= 0:
        return 0.0
    flatness = (1 - math.sin(math.radians(depression_deg))) ** 5 * min(1.0, finish.gloss / _FULL_FRESNEL_GLOSS)
    return (finish.gloss + (1 - finish.gloss) * flatness) * (1 - finish.roughness) ** 2


def reflect(product: Product, camera: Camera, finish: Finish, pose: Pose) -> Layer | None:
    """Mirror a standing product about its contact line.

    A level mirror shows, under each contact point, the product's front upside down, as long as the front is high; the
    top that a camera looks down on is not in it. The image fades with its distance from the contact and blurs with it,
    the more so the rougher the surface.

    Args:
        product: On the canvas.
        camera: The canvas' camera.
        finish: The surface's.
        pose: Lying products hide their own mirror image, hanging ones touch no ground.

    Returns:
        None where there is nothing to see, which includes products that the canvas' lower edge cuts off.
    """
    view = GroundView(camera, camera.foot_yx)
    weight = reflection_weight(finish, view.depression_deg)
    rows_below = camera.size_hw[0] - product.box.bottom
    mask = product.alpha > OPAQUE // 2
    if pose is not Pose.STANDING or weight < _LEAST_WEIGHT or rows_below <= 0 or not mask.any():
        return None
    base = find_base(mask, view.depth_px, view.nearing)
    height = product.box.height
    smoothness = 1 - finish.roughness
    # From above, a mirror shows a body's underside, which no photo has; only the seam is then safe to draw.
    levelness = (1 - math.sin(math.radians(view.depression_deg))) ** 2
    fade = height * levelness * (_FADE[0] + (_FADE[1] - _FADE[0]) * smoothness * smoothness)
    first = max(0, int(np.nanmin(base.front[base.touches])) - 1)
    last = height + min(rows_below, height, math.ceil(fade * math.log(weight / _FAINTEST)))
    box = Box(product.box.top + first, product.box.left, last - first, product.box.width)
    contact = np.where(base.touches, base.front, base.foot_yx[0]).astype(np.float32)
    below = np.arange(first, last, dtype=np.float32)[:, None] + 0.5 - contact
    front_height = contact - np.argmax(mask, axis=0) - 2 * base.depths()
    weights, color = _mirrored(product, contact, below)
    weights *= weight * np.exp(-np.maximum(below, 0) / np.float32(fade))
    weights *= np.clip((front_height - below) / np.float32(0.1 * height) + 1, 0, 1) * (below > 0)
    weights, color = _roughened(weights, color, below, finish.roughness * _BLUR * height)
    return Layer(box, weights, color)


def _mirrored(
    product: Product, contact: NDArray[np.float32], below: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coverage (H, W) and linear colour (H, W, 3), both float32, with each column turned about its contact row."""
    source = np.where(below > 0, contact - below - 0.5, -2).astype(np.float32)
    columns = np.broadcast_to(np.arange(source.shape[1], dtype=np.float32), source.shape)
    weights = cv2.remap(product.coverage(), columns, source, cv2.INTER_LINEAR)
    color = cv2.remap(product.color, columns, source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(weights, np.float32), to_linear(np.asarray(color, np.uint8))


def _roughened(
    weights: NDArray[np.float32], color: NDArray[np.float32], below: NDArray[np.float32], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both, blurred the more the farther from the contact, up to a Gaussian of `sigma` pixels."""
    if sigma < 0.5:
        return weights, color
    reach = np.clip(below / np.float32(4 * sigma), 0, 1)
    premultiplied = np.dstack([color * weights[..., None], weights])
    blurred = cv2.GaussianBlur(premultiplied, (0, 0), sigma)
    blurred *= (below > -1)[..., None]
    mixed = premultiplied + (blurred - premultiplied) * reach[..., None]
    result = mixed[..., 3]
    return result, mixed[..., :3] / np.maximum(result, np.float32(1e-4))[..., None]
