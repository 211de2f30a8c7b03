"""How good pictures are that were made larger: rendered plates, made smaller by the mean light, against themselves."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.srgb import to_bytes, to_linear
from services.generate.plates.painter import PlatePainter
from services.generate.scene import SceneCatalog

#: How much smaller pictures are made before they are made larger again.
TIMES: Final = 4
#: The strips that a sheet shows of each picture.
_STRIP_PX: Final = 160


def plate(plates: PlatePainter, scenes: SceneCatalog, scene_id: str, side_px: int, seed: int) -> NDArray[np.uint8]:
    """A scene without grain, which nobody could draw anew, (side, side, 3) uint8 sRGB."""
    scene = scenes.get(scene_id)
    clean = scene.model_copy(update={"optics": scene.optics.model_copy(update={"grain": 0.0})})
    foot_yx = side_px * scene.layout.foot_y, side_px / 2
    camera = Camera((side_px, side_px), scene.pitch.default, scene.vertical_fov_deg, foot_yx, side_px * 0.6)
    return plates.paint(clean, camera, seed, Deadline()).background


def smaller(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at a quarter of its sides, each pixel the mean light of those that it covers."""
    size_wh = truth.shape[1] // TIMES, truth.shape[0] // TIMES
    return to_bytes(np.asarray(cv2.resize(to_linear(truth), size_wh, interpolation=cv2.INTER_AREA), np.float32))


def resampled(image: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture made larger by Lanczos' filter (8 x 8)."""
    return np.asarray(cv2.resize(image, size_hw[::-1], interpolation=cv2.INTER_LANCZOS4), np.uint8)


def psnr_db(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio over all sRGB values; more is nearer to the truth."""
    mean_square = float(np.square(image.astype(np.float64) - truth).mean())
    return float("inf") if mean_square == 0 else 10 * float(np.log10(255**2 / mean_square))


def sharpness(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """The mean gradient of the picture as a share of the truth's: below 1 it is softer, above 1 harder."""
    found, wanted = (_gradient(each) for each in (image, truth))
    return found / wanted if wanted else 1.0


def strip(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The part with the most detail of the first picture, out of each, side by side and twice as large."""
    first = pictures[0]
    grey = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = cv2.blur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), (_STRIP_PX, _STRIP_PX))
    half = _STRIP_PX // 2
    inner = detail[half : first.shape[0] - half, half : first.shape[1] - half]
    top, left = (int(value) for value in np.unravel_index(int(inner.argmax()), inner.shape))
    shown = [each[top : top + _STRIP_PX, left : left + _STRIP_PX] for each in pictures]
    return np.hstack([each.repeat(2, 0).repeat(2, 1) for each in shown])


def _gradient(image: NDArray[np.uint8]) -> float:
    light = image.astype(np.float32).mean(axis=2)
    across, down = np.diff(light, axis=1)[:-1], np.diff(light, axis=0)[:, :-1]
    return float(np.hypot(across, down).mean())
