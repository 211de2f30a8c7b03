"""A cover's words laid on its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box, SizeHW
from services.common.srgb import to_linear
from services.postprocess.composite import Composition, Layer, lay_over
from services.postprocess.cover.accent import accents
from services.postprocess.cover.arrangement import Arrangement
from services.postprocess.cover.block import Block
from services.postprocess.cover.contrast import NO_SCRIM, RGB, WANTED, WANTED_LARGE, Ground
from services.postprocess.cover.drawing import coverage
from services.postprocess.cover.ink import Inking, inked
from services.postprocess.cover.page import Page
from services.postprocess.cover.schema import Cover, CoverPart, CoverText
from services.postprocess.cover.scrim import laid, linear
from services.postprocess.cover.typecase import Typecase
from services.postprocess.cover.typesetter import Typesetter

#: Around letters, as a share of their size, the background counts for the contrast too.
_RING: Final = 0.08
#: Coverage below this is no letter yet.
_INK: Final = 0.02
#: So many pixels of a background tell its contrast.
_SAMPLES: Final = 60_000


@dataclass(frozen=True)
class _Print:
    """A text's letters on the page.

    Args:
        block: What they are.
        box: Where, with what lies around them.
        ink: (H, W) float32, their coverage of the box.
        seen: (H, W) bool, the background under and around them that the product does not hide.
        visible: The share of them that it does not hide.
    """

    block: Block
    box: Box
    ink: NDArray[np.float32]
    seen: NDArray[np.bool_]
    visible: float

    @property
    def wanted(self) -> float:
        """The contrast that the rule asks for."""
        return WANTED_LARGE if self.block.large else WANTED

    def ground(self, light: NDArray[np.float32]) -> Ground:
        """What it stands on: (H, W, 3) float32 of its box, linear light."""
        seen = light[self.seen]
        return Ground(seen[:: max(1, len(seen) // _SAMPLES)])


@dataclass(frozen=True)
class Printed:
    """A cover's words as layers, from the back to the front, and what is told of them."""

    layers: tuple[Layer, ...]
    texts: tuple[CoverText, ...]


class CoverPrinter:
    """Sets covers.

    Args:
        typecase: What there is to set with.
    """

    def __init__(self, typecase: Typecase) -> None:
        self._typecase = typecase

    def printed(self, cover: Cover, parts: Composition, deadline: Deadline) -> Printed:
        """The words of a cover, to be laid between a picture's background and its product.

        Args:
            cover: Of characters that the typecase has.
            parts: The picture.
            deadline: Looked at between steps.

        Raises:
            InvalidInput: There is no room for a text; details name its field.
            Cancelled, DeadlineExceeded: The picture is no longer wanted.
        """
        page, hidden = Page(_size(parts.picture)), _hidden(parts)
        blocks = Arrangement(cover, page, hidden, Typesetter(self._typecase)).blocks()
        deadline.check()
        backdrop = parts.backdrop
        prints = [_print(block, page, hidden) for block in blocks]
        grounds = [each.ground(to_linear(backdrop[each.box.slices()])) for each in prints]
        inking = inked(grounds, [each.wanted for each in prints], cover.color)
        if cover.color is None:
            inking = self._accented(inking, prints, grounds, parts)
        deadline.check()
        scrim = laid([(each.box, ink.scrim) for each, ink in zip(prints, inking, strict=True)], page)
        letters = [Layer(each.box, each.ink, linear(ink.color)) for each, ink in zip(prints, inking, strict=True)]
        texts = [_told(each, ink, backdrop, scrim) for each, ink in zip(prints, inking, strict=True)]
        return Printed((*([scrim] if scrim else []), *letters), tuple(texts))

    @staticmethod
    def _accented(
        inking: list[Inking], prints: Sequence[_Print], grounds: Sequence[Ground], parts: Composition
    ) -> list[Inking]:
        """The headline in the product's own colour, where that can be read and nothing has a scrim."""
        if any(ink.scrim.weight for ink in inking):
            return inking
        shades = accents(parts.product.color, parts.product.core)
        return [
            _in_accent(shades, ground, each.wanted) or ink if each.block.part is CoverPart.HEADLINE else ink
            for ink, each, ground in zip(inking, prints, grounds, strict=True)
        ]


def _in_accent(shades: Sequence[RGB], ground: Ground, wanted: float) -> Inking | None:
    readable = next((shade for shade in shades if ground.reached(shade) >= wanted), None)
    return readable and Inking(readable, NO_SCRIM)


def _size(picture: NDArray[np.uint8]) -> SizeHW:
    return picture.shape[0], picture.shape[1]


def _hidden(parts: Composition) -> NDArray[np.bool_]:
    """(H, W) bool, where any of the product is seen."""
    hidden = np.zeros(_size(parts.picture), np.bool_)
    hidden[parts.product.box.slices()] = parts.product.alpha > 0
    return hidden


def _print(block: Block, page: Page, hidden: NDArray[np.bool_]) -> _Print:
    ring = max(2, round(_RING * max(row.size for row in block.rows)))
    box = block.extent.pixels(page.size_hw).grown(ring + 1, page.size_hw)
    ink = coverage(block.rows, box)
    ink[ink < _INK] = 0
    free = ~hidden[box.slices()]
    if block.part is not CoverPart.MASTHEAD:
        ink *= free  # a pixel's fraction at most, as rows keep their distance
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * ring + 1, 2 * ring + 1))
    seen = (cv2.dilate((ink > 0).astype(np.uint8), around) > 0) & free
    visible = float((ink * free).sum() / max(float(ink.sum()), 1e-6))
    return _Print(block, box, ink, seen, visible)


def _told(printed: _Print, ink: Inking, backdrop: NDArray[np.uint8], scrim: Layer | None) -> CoverText:
    """What became of a text, its contrast measured with the scrim laid."""
    light = to_linear(backdrop[printed.box.slices()])
    if scrim is not None:
        lay_over(light, scrim.color, scrim.weight[printed.box.slices()])
    return CoverText(
        part=printed.block.part,
        number=printed.block.number,
        box=printed.block.extent.pixels(_size(backdrop)),
        color=ink.color,
        contrast=printed.ground(light).reached(ink.color),
        wanted=printed.wanted,
        scrim=ink.scrim.weight,
        visible=printed.visible,
    )
