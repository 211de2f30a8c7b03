"""A scene made after a picture: its colours on a studio set, in light from the side that its own light came from.

Only the picture's margins are read: the middle belongs to whatever was photographed. From them come the colours of what
stood behind and below, the light's side and height (a backdrop is brighter towards the lamp), its hue in the light and
in the shade, and how hard it was.
"""

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import LUMINANCE, encode, to_linear
from services.generate.scene import Scene

#: Pictures are looked at in this size: palette and light are coarse things.
LOOK_PX: Final = 256
#: Width of the margins that are read, as a share of the picture.
MARGIN: Final = 0.16
#: Backdrop and ground closer than this, in CIELAB (CIE76), are one sheet of paper.
ONE_SHEET: Final = 11.0
EXPOSURE: Final = 0.96
#: Albedo of white paint and plaster, which the tints of a corner multiply (see `plates/materials`).
PAINT: Final = 0.86
PLASTER: Final = 0.785
#: A light's hue is told from the picture's own colours by halves: a green wall is no green lamp.
_CAST: Final = 0.35

RGB = NDArray[np.float32]


def derive_scene(image: NDArray[np.uint8], scene_id: str, title: str) -> Scene:
    """A scene with the picture's palette and light.

    Args:
        image: (H, W, 3) uint8 sRGB; any picture, best one with free margins.
        scene_id: Of the new scene.
        title: Of the new scene.

    Raises:
        ValueError: The id is none; it needs lower-case letters, figures and single hyphens.
    """
    scale = min(1.0, LOOK_PX / max(image.shape[:2]))
    size_wh = max(16, round(image.shape[1] * scale)), max(16, round(image.shape[0] * scale))
    light = to_linear(np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8))
    margins = _margins(size_wh)
    lamp, cast = _lamp(light, margins["behind"] | margins["below"])
    behind = _colour(light[margins["behind"]]) / cast / EXPOSURE
    below = _colour(light[margins["below"]]) / cast / EXPOSURE
    if _difference(behind, below) < ONE_SHEET:
        backdrop: dict[str, Any] = {"kind": "sweep", "colour": _hex(np.sqrt(behind * below)), "light": lamp}
    else:
        backdrop = {
            "kind": "corner",
            "cover": {"material": "plaster", "tint": _hex(below / PLASTER), "gloss": 0.02, "roughness": 0.8},
            "wall": {"material": "paint", "tint": _hex(behind / PAINT), "gloss": 0.02, "roughness": 0.9},
            "wall_m": 0.45,
            "light": lamp,
        }
    return Scene.model_validate(
        {
            "id": scene_id,
            "title": title,
            "description": f"A studio set in the colours and the light of {title}.",
            "place": "STUDIO",
            "poses": ["STANDING", "LYING"],
            "pitch": {"min": 0, "max": 90, "default": 10},
            "layout": {"padding": 0.16, "foot_y": 0.82, "aspect": 0.8},
            "backdrop": backdrop,
            "optics": {"aperture": 0.01, "exposure": EXPOSURE, "grain": 1.0},
        }
    )


def _margins(size_wh: tuple[int, int]) -> dict[str, NDArray[np.bool_]]:
    """Masks of the margins: `behind` is the upper half's, `below` the lowest quarter's."""
    width, height = size_wh
    down, across = np.mgrid[:height, :width]
    x, y = (across + 0.5) / width, (down + 0.5) / height
    rim = (x < MARGIN) | (x > 1 - MARGIN) | (y < MARGIN) | (y > 1 - MARGIN)
    return {"behind": rim & (y < 0.5), "below": rim & (y > 0.75)}


def _colour(pixels: RGB) -> RGB:
    """The middle colour of (N, 3) linear pixels."""
    return np.maximum(np.median(pixels, axis=0), 0.004).astype(np.float32)


def _lamp(light: RGB, rim: NDArray[np.bool_]) -> tuple[dict[str, Any], RGB]:
    """A `StudioLight`, and the (3,) colour cast of its light, with a luminance of 1."""
    height, width = rim.shape
    down, across = np.nonzero(rim)
    bright = np.log(np.maximum(light[rim] @ LUMINANCE, 0.004))
    x, y = (across + 0.5) / width - 0.5, 0.5 - (down + 0.5) / height
    plane = np.stack([x, y, np.ones_like(x)], 1)
    (right, up, _), *_ = np.linalg.lstsq(plane, bright, rcond=None)
    order = np.argsort(bright)
    lit, shaded = light[rim][order[-len(order) // 4 :]], light[rim][order[: max(1, len(order) // 4)]]
    key, ambient = _hue(lit), _hue(shaded)
    contrast = float(np.clip(bright[order[int(0.95 * len(order))]] - bright[order[int(0.05 * len(order))]], 0, 2))
    share = 0.52 + 0.12 * contrast
    side = -1.0 if right <= 0 else 1.0
    # Even light comes from the front, a strong fall across the picture from the side.
    azimuth = side * (150 - 80 * min(1.0, abs(float(right)) / 0.8))
    elevation = 40 + 15 * math.tanh(float(up))
    lamp = {
        "azimuth_deg": round(azimuth), "elevation_deg": round(elevation), "radius_deg": _softness(light, rim),
        "distance_m": 2.0, "key_share": round(share, 2), "key_colour": _hex(key / key.max()),
        "ambient_colour": _hex(ambient / ambient.max()), "spread_deg": 8,
    }  # fmt: skip
    cast = key * np.float32(share) + ambient * np.float32(1 - share)
    return lamp, np.asarray(cast / float(cast @ LUMINANCE), np.float32)


def _hue(pixels: RGB) -> RGB:
    """The part of the middle colour that the light is taken to have, with a luminance of 1."""
    colour = _colour(pixels)
    hue = (colour / float(colour @ LUMINANCE)) ** np.float32(_CAST)
    return np.asarray(hue / float(hue @ LUMINANCE), np.float32)


def _softness(light: RGB, rim: NDArray[np.bool_]) -> float:
    """Angular radius of a lamp that draws edges as hard as the picture's, in degrees: shadows are what margins show."""
    lightness = np.asarray(encode(light @ LUMINANCE), np.float32)
    rows, columns = np.gradient(cv2.GaussianBlur(lightness, (0, 0), 1.0))
    hardest = float(np.percentile(np.hypot(rows, columns)[rim], 98))
    return float(round(np.interp(hardest, [0.01, 0.06], [18, 3]), 1))


def _difference(first: RGB, second: RGB) -> float:
    pair = np.clip(encode(np.stack([first, second])[None]), 0, 1).astype(np.float32)
    lab = cv2.cvtColor(pair, cv2.COLOR_RGB2LAB)
    return float(np.linalg.norm(lab[0, 0] - lab[0, 1]))


def _hex(colour: RGB) -> str:
    """Linear RGB as "#rrggbb"."""
    red, green, blue = (round(255 * float(part)) for part in np.clip(encode(np.clip(colour, 0, 1)), 0, 1))
    return f"#{red:02x}{green:02x}{blue:02x}"
