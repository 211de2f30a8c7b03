"""The picture sizes that a checkpoint draws: buckets of one area, so that samples of a size can share a batch."""

import math
from typing import Final

from services.common.errors import InvalidInput

#: Longer pictures than this repeat their motif.
MAX_ASPECT: Final = 2.4
_NAMED: Final = 4


class Buckets:
    """Sizes whose sides are multiples of one number and whose area is about that of the checkpoint's own square.

    The widest that fits the area for every height, as SDXL was trained (Podell et al., arXiv 2307.01952, appendix I).

    Args:
        native_px: Side of the square that the checkpoint was trained on.
        multiple_px: What both sides must be multiples of: the VAE's factor times the UNet's own.
    """

    def __init__(self, native_px: int, multiple_px: int) -> None:
        self.native_px = native_px
        area = native_px**2
        reach = math.sqrt(MAX_ASPECT)
        heights = range(multiple_px, int(native_px * reach) + 1, multiple_px)
        sizes = [(height, area // height // multiple_px * multiple_px) for height in heights]
        self.sizes = tuple(size for size in sizes if size[1] and 1 / MAX_ASPECT <= size[1] / size[0] <= MAX_ASPECT)

    def nearest(self, size_hw: tuple[int, int]) -> tuple[int, int]:
        """The bucket whose aspect is nearest to that of a picture of any size."""
        return self._by_distance(size_hw)[0]

    def check(self, size_hw: tuple[int, int]) -> None:
        """Refuse what is no bucket.

        Raises:
            InvalidInput: The message names the nearest ones, details all of them as [height, width].
        """
        if size_hw in self.sizes:
            return
        near = ", ".join(f"{width} x {height}" for height, width in self._by_distance(size_hw)[:_NAMED])
        raise InvalidInput(
            f"this checkpoint draws no {size_hw[1]} x {size_hw[0]}; the nearest sizes (width x height) are {near}",
            field="canvas", got=list(size_hw), known=[list(size) for size in self.sizes],
        )  # fmt: skip

    def _by_distance(self, size_hw: tuple[int, int]) -> list[tuple[int, int]]:
        aspect = math.log(size_hw[1] / size_hw[0])
        return sorted(self.sizes, key=lambda size: abs(math.log(size[1] / size[0]) - aspect))
