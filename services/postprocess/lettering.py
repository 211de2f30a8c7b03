"""Where on the product there is print, which keeps its own colours when light is adapted."""

import numpy as np

from services.common.geometry import Box
from services.postprocess.preservation.reader import TextReader
from services.postprocess.product import Product


def find_lettering(product: Product, reader: TextReader) -> tuple[Box, ...]:
    """Boxes of print, in pixels of the canvas.

    Args:
        product: On the canvas; looked at alone, on a ground of its own mean colour, so that nothing else is read.
        reader: Finds print.
    """
    if not product.core.any():
        return ()
    ground = np.round(product.color[product.core].mean(axis=0)).astype(np.uint8)
    alone = np.where(product.core[..., None], product.color, ground)
    top, left = product.box.top, product.box.left
    return tuple(Box(box.top + top, box.left + left, box.height, box.width) for box in reader.find(alone))
