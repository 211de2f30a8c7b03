"""What a report is made from."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.common.geometry import Box
from services.postprocess.preservation.colour_change import ColourChange
from services.postprocess.product import Product
from services.postprocess.proof import CoreDigest

#: Of the surroundings, enough for a ring and for the background beyond it.
_MARGIN_PX: Final = 40


@dataclass(frozen=True)
class Evidence:
    """A finished picture and what should be in it.

    Args:
        picture: (H, W, 3) uint8 sRGB, the finished picture, before it is encoded.
        product: As it was placed on the canvas, before any light was adapted.
        backdrop: (H, W, 3) uint8 sRGB, the background with shadow and reflection, before the product was laid over it,
            if it is surely free of the product; None where a generator that knew the product drew it.
        harmonized: Whether the product's light was adapted; a smooth gain then counts as no change.
        confidence: Of the cutout, 0 to 1.
        resegmented: (H, W) uint16 alpha, 0 to 65535, of the finished picture cut out anew; None = not done.
        digests: Of the core before and after, where they are known already.
        unshaded: (H, W, 3) uint8 sRGB, the picture without the product's shadow and mirror image, where there is no
            backdrop: who has to guess it would take them for the product.
        lettering: Boxes of print on the canvas, which light was adapted around; see `services.postprocess.relight`.
        recoloured: What became of the product's colour, which `product` has already; None where it has its own.

    Raises:
        Internal: The sizes do not agree.
    """

    picture: NDArray[np.uint8]
    product: Product
    backdrop: NDArray[np.uint8] | None
    harmonized: bool
    confidence: float
    resegmented: NDArray[np.uint16] | None = None
    digests: tuple[CoreDigest, CoreDigest] | None = None
    unshaded: NDArray[np.uint8] | None = None
    lettering: tuple[Box, ...] = ()
    recoloured: ColourChange | None = None

    def __post_init__(self) -> None:
        canvas_hw = self.picture.shape[:2]
        others = (self.backdrop, self.resegmented, self.unshaded)
        for name, other in zip(("background", "new cutout", "unshaded picture"), others, strict=True):
            if other is not None and other.shape[:2] != canvas_hw:
                raise Internal(f"the picture is {canvas_hw} and its {name} {other.shape[:2]}; both must be of one size")
        if self.product.box.clipped((canvas_hw[0], canvas_hw[1])) != self.product.box:
            raise Internal(f"the product's box {self.product.box} lies outside the picture of {canvas_hw}")

    def around(self, margin_px: int = _MARGIN_PX) -> Box:
        """The product's box with a margin, as far as the picture goes; all measures look at the default's part."""
        return self.product.box.grown(margin_px, (self.picture.shape[0], self.picture.shape[1]))

    def part(self, box: Box) -> "Evidence":
        """The same of a part of the picture that holds the product, as if it were all."""
        backdrop, unshaded = (
            None if each is None else np.ascontiguousarray(each[box.slices()])
            for each in (self.backdrop, self.unshaded)
        )
        return replace(
            self,
            picture=np.ascontiguousarray(self.picture[box.slices()]),
            product=replace(self.product, box=self.product.box.within(box)),
            backdrop=backdrop,
            resegmented=None if self.resegmented is None else np.ascontiguousarray(self.resegmented[box.slices()]),
            unshaded=unshaded,
            lettering=tuple(each.within(box) for each in self.lettering),
            recoloured=self.recoloured and self.recoloured.moved(-box.top, -box.left),
        )
