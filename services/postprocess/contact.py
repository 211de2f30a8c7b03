"""The dark seam where a product meets the ground: ambient light that cannot get in."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.geometry import Box
from services.postprocess.base import find_base
from services.postprocess.ground import GroundView
from services.postprocess.product import Product
from services.postprocess.schema import Pose

#: Per layer: blur as a share of the product's longer side, and the share of light lost at the contour. The wide one is
#: what a body that stands up takes from the ground around it; flat things have none.
_LAYERS: Final = {
    Pose.STANDING: ((0.004, 0.5), (0.02, 0.3), (0.07, 0.16)),
    Pose.LYING: ((0.003, 0.45), (0.012, 0.28)),
}
_REACH_SIGMAS: Final = 3
#: Blurs wider than this are made on a coarser grid.
_FINE_SIGMA_PX: Final = 4.0


def contact_occlusion(product: Product, camera: Camera, pose: Pose) -> tuple[NDArray[np.float32], Box]:
    """How much light the ground loses by the nearness of the product.

    Args:
        product: On the canvas.
        camera: The canvas' camera.
        pose: A standing product darkens the ground around its base, a lying one all around.

    Returns:
        (H, W) float32, 0 to 1, and where on the canvas; outside it no light is lost.
    """
    size, layers = max(product.box.height, product.box.width), _LAYERS[pose]
    margin = int(np.ceil(_REACH_SIGMAS * layers[-1][0] * size)) + 1
    view = GroundView(camera, camera.foot_yx)
    covered, top = (product.coverage(), 0) if pose is Pose.LYING else _footprint(product, view.depth_px)
    seat = Box(product.box.top + top, product.box.left, *covered.shape)
    whole = Box(seat.top - margin, seat.left - margin, seat.height + 2 * margin, seat.width + 2 * margin)
    padded = np.pad(covered, margin)
    left = np.ones(padded.shape, np.float32)
    flatness = 1.0 if pose is Pose.LYING else max(0.3, view.depth_px)
    for share, strength in layers:
        # Half of a blurred edge lies outside it: doubled, the loss is full at the contour and falls from there.
        near = np.minimum(1, 2 * _blurred(padded, share * size, share * size * flatness))
        left *= 1 - strength * near * near * (3 - 2 * near)
    box = whole.clipped(camera.size_hw)
    return (1 - left)[box.within(whole).slices()], box


def _footprint(product: Product, depth_px: float) -> tuple[NDArray[np.float32], int]:
    """The ground under a standing product, as (H, W) float32 over the product's columns, and its first row in the box.

    Its front is the silhouette's lower contour to the pixel; the rest lies hidden under the product.
    """
    base = find_base(product.alpha > 32767, depth_px)
    deep = np.maximum(2 * base.depths(), np.float32(2))
    front = np.where(base.touches, base.front, -1e6).astype(np.float32)
    first = max(0, int(np.floor((front - deep)[base.touches].min())))
    last = int(np.ceil(front.max()))
    rows = np.arange(first, last, dtype=np.float32)[:, None]
    covered = np.clip(front - rows, 0, 1) * np.clip(rows + 1 - (front - deep), 0, 1)
    return np.asarray(covered * product.coverage()[first:last], np.float32), first


def _blurred(mask: NDArray[np.float32], sigma_x: float, sigma_y: float) -> NDArray[np.float32]:
    shrink = max(1, int(min(sigma_x, sigma_y) / _FINE_SIGMA_PX))
    if shrink == 1:
        blurred = cv2.GaussianBlur(mask, (0, 0), max(sigma_x, 0.3), sigmaY=max(sigma_y, 0.3))
        return np.asarray(blurred, np.float32)
    height, width = mask.shape
    size_wh = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    coarse = cv2.resize(mask, size_wh, interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), sigma_x / shrink, sigmaY=sigma_y / shrink)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
