"""Where the product changed, as a layer to lay over the picture."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.postprocess.preservation.color import color_difference
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.ghost import measure_ghost
from services.postprocess.preservation.view import view

#: Heat 1 stands for this colour difference, which is plain to see, and for a ghost this wide.
_FULL_DELTA_E: Final = 10.0
_FULL_GHOST_PX: Final = 2.0
#: Below this nothing is shown: rounding, which no eye sees.
_FAINT: Final = 0.05
_LONGEST_PX: Final = 1536
#: Ghosts are drawn as wide as the ring in which they are looked for.
_RING_PX: Final = 6.0


def heat(evidence: Evidence) -> NDArray[np.float32]:
    """(H, W) float32 of the canvas' size, 0 to 1: colour difference inside the product, ghosts around it."""
    seen = view(evidence, _LONGEST_PX)
    colors = color_difference(seen.picture, seen.expected, seen.inside)
    found = np.zeros_like(seen.coverage) if colors is None else colors.values / np.float32(_FULL_DELTA_E)
    ghost = measure_ghost(seen.outside, seen.coverage, seen.color, seen.backdrop)
    ring = np.zeros_like(found)
    for (row, column), value in zip(ghost.points_yx, ghost.values_px, strict=True):
        if value > _FAINT * _FULL_GHOST_PX:
            at = (round(column), round(row))
            shade = min(1.0, float(value) / seen.scale / _FULL_GHOST_PX)
            cv2.circle(ring, at, round(_RING_PX), max(shade, float(ring[at[1], at[0]])), -1)
    values = np.clip(np.maximum(found, np.where(seen.inside, 0, ring)), 0, 1).astype(np.float32)
    size = (round(values.shape[1] / seen.scale), round(values.shape[0] / seen.scale))
    values = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR) if seen.scale < 1 else values
    canvas = np.zeros(evidence.picture.shape[:2], np.float32)
    part = canvas[seen.top : seen.top + values.shape[0], seen.left : seen.left + values.shape[1]]
    part[:] = values[: part.shape[0], : part.shape[1]]
    return canvas


def heat_layer(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W, 4) uint8 sRGB with straight alpha: from transparent over blue and red to bright yellow."""
    levels = np.round(np.clip(heat, 0, 1) * 255).astype(np.uint8)
    color = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    opacity = np.where(heat < _FAINT, 0, 96 + 0.6 * levels).astype(np.uint8)
    return np.dstack([color, opacity])
