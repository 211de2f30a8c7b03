"""Rows of text as coverage: outlines filled at the picture's own resolution, without hinting."""

from collections.abc import Sequence

import numpy as np
import uharfbuzz as hb
from numpy.typing import NDArray

from services.common.geometry import Box
from services.postprocess.cover.block import SetRow


def coverage(rows: Sequence[SetRow], box: Box) -> NDArray[np.float32]:
    """How far each pixel of a box is covered by letters, (H, W) float32, 0 to 1.

    Args:
        rows: On the page.
        box: Of the page.
    """
    covered = np.zeros((box.height, box.width), np.uint8)
    for row in rows:
        part = row.extent.pixels((box.bottom, box.right)).grown(1, (box.bottom, box.right))
        top, left = max(part.top, box.top), max(part.left, box.left)
        inside = Box(top, left, part.bottom - top, part.right - left)
        if inside.height > 0 and inside.width > 0:
            place = inside.within(box).slices()
            covered[place] = np.maximum(covered[place], _drawn(row, inside))
    return covered.astype(np.float32) / np.float32(255)


def _drawn(row: SetRow, box: Box) -> NDArray[np.uint8]:
    """One row's coverage of a box, (H, W) uint8, 0 to 255."""
    pen = hb.RasterDraw()
    pen.extents = hb.RasterExtents(0, 0, box.width, box.height, box.width)
    for glyph in row.row.glyphs:
        scale = row.size / glyph.font.units_per_em
        x = row.x + glyph.x * row.size - box.left
        # HarfBuzz counts rows of pixels from the bottom.
        y = box.bottom - (row.baseline + glyph.y * row.size)
        pen.transform = (scale, 0.0, 0.0, scale, x, y)
        pen.draw_glyph(glyph.font.shaper, glyph.index)
    image = pen.render()
    pixels = np.frombuffer(image.buffer, np.uint8).reshape(image.extents.height, image.extents.stride)
    return pixels[::-1, : box.width]
