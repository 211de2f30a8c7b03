"""The dark seam where a product meets the ground: ambient light that cannot get in."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.geometry import Box
from services.common.pose import Pose
from services.postprocess.base import Base, find_base
from services.postprocess.ground import GroundView
from services.postprocess.product import Product

#: Per layer: blur as a share of the product's longer side, and the share of light lost at the contour. The wide one is
#: what a body that stands up takes from the ground around it; flat things have none.
_LAYERS: Final = {
    Pose.STANDING: ((0.005, 0.6), (0.02, 0.36), (0.07, 0.18)),
    Pose.LYING: ((0.003, 0.45), (0.012, 0.28)),
    Pose.HANGING: ((0.006, 0.2), (0.025, 0.16)),
}
_REACH_SIGMAS: Final = 3
#: A narrower seam would not show.
_LEAST_SIGMA_PX: Final = 1.0
#: Seen flat, the ground's shade is this much less high than wide at least.
_LEAST_FLATNESS: Final = 0.3
#: Blurs wider than this are made on a coarser grid.
_FINE_SIGMA_PX: Final = 4.0


def contact_occlusion(product: Product, camera: Camera, pose: Pose) -> tuple[NDArray[np.float32], Box]:
    """How much light the ground loses by the nearness of the product.

    Args:
        product: On the canvas.
        camera: The canvas' camera.
        pose: A standing product darkens the ground around its base, a lying one all around, a hanging one the wall.

    Returns:
        (H, W) float32, 0 to 1, and where on the canvas; outside it no light is lost.
    """
    size = max(product.box.height, product.box.width)
    blurs = [(max(_LEAST_SIGMA_PX, share * size), strength) for share, strength in _LAYERS[pose]]
    margin = int(np.ceil(_REACH_SIGMAS * blurs[-1][0])) + 1
    box = product.box
    whole = Box(box.top - margin, box.left - margin, box.height + 2 * margin, box.width + 2 * margin)
    flat, view = pose is not Pose.STANDING, GroundView(camera, camera.foot_yx)
    flatness = 1.0 if flat else max(_LEAST_FLATNESS, view.depth_px)
    base = None if flat else find_base(product.alpha > OPAQUE // 2, view.depth_px, view.nearing)
    if base is not None:
        skipped = max(0, int(np.nanmin(base.front[base.touches] - 2 * base.depths()[base.touches])) - 2 * margin)
        whole = Box(whole.top + skipped, whole.left, whole.height - skipped, whole.width)
    light = np.ones((whole.height, whole.width), np.float32)
    for sigma, strength in blurs:
        sigma_y = max(_LEAST_SIGMA_PX, sigma * flatness)
        under = product.coverage() if base is None else _footprint(product, base, _REACH_SIGMAS * sigma_y)
        seat = np.pad(under, margin)[-whole.height :]
        # Half of a blurred edge lies outside it: doubled, the loss is full at the contour and falls from there.
        near = np.minimum(1, 2 * _blurred(seat, sigma, sigma_y))
        light *= 1 - strength * near * near * (3 - 2 * near)
    seen = whole.clipped(camera.size_hw)
    return (1 - light)[seen.within(whole).slices()], seen


def _footprint(product: Product, base: Base, least_depth: float) -> NDArray[np.float32]:
    """The part of a standing product that is right above the ground it covers, (H, W) float32 of the product's size.

    Its lower edge is the silhouette's own. It reaches at least `least_depth` rows up: behind the visible contour a
    body goes on, and a thin seat would blur away.
    """
    deep = np.maximum(2 * base.depths(), np.float32(least_depth))
    back = np.where(base.touches, base.front - deep, np.inf).astype(np.float32)
    rows = np.arange(product.box.height, dtype=np.float32)[:, None]
    return np.asarray(np.clip(rows + 1 - back, 0, 1) * product.coverage(), np.float32)


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
