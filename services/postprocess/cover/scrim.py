"""The light or dark veil between a picture and texts that could not be read on it else."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box
from services.common.srgb import to_linear
from services.postprocess.composite import Layer
from services.postprocess.cover.contrast import RGB, Scrim
from services.postprocess.cover.page import Page

#: It fades out over so much of the page's shorter side, far enough that nobody sees where it ends.
_FADE: Final = 0.32
#: A text so near to the page's edge, in margins, has its veil out to the edge.
_NEAR: Final = 1.6


def laid(wanted: Sequence[tuple[Box, Scrim]], page: Page) -> Layer | None:
    """One veil for all texts, over the whole page: at each text as dense as that needs it, or more.

    Args:
        wanted: Where each text is, and what it needs; all of one shade.
        page: What on.

    Returns:
        None where none needs any.
    """
    needed = [(box, scrim) for box, scrim in wanted if scrim.weight > 0]
    if not needed:
        return None
    height, width = page.size_hw
    veil = np.zeros((height, width), np.float32)
    for box, scrim in needed:
        np.maximum(veil, np.float32(scrim.weight) * _fading(_to_the_edge(box, page), page), out=veil)
    return Layer(Box(0, 0, height, width), veil, linear(needed[0][1].shade))


def linear(color: RGB) -> NDArray[np.float32]:
    """An sRGB colour as (3,) float32, linear light."""
    return to_linear(np.array(color, np.uint8))


def _to_the_edge(box: Box, page: Page) -> Box:
    height, width = page.size_hw
    near = _NEAR * page.margin
    top, left = (0 if start < near else start for start in (box.top, box.left))
    bottom = height if box.bottom > height - near else box.bottom
    right = width if box.right > width - near else box.right
    return Box(top, left, bottom - top, right - left)


def _fading(box: Box, page: Page) -> NDArray[np.float32]:
    """(H, W) float32 of the page's size: 1 in the box, falling smoothly to 0 around it."""
    rows, columns = (np.arange(side, dtype=np.float32) for side in page.size_hw)
    down = np.maximum(np.maximum(box.top - rows, rows - (box.bottom - 1)), 0)[:, None]
    across = np.maximum(np.maximum(box.left - columns, columns - (box.right - 1)), 0)[None, :]
    share = np.clip(1 - np.hypot(down, across) / np.float32(page.at_size(_FADE)), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)
