"""The part of a picture that is looked at: the product and its surroundings, perhaps reduced."""

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.common.srgb import to_bytes, to_linear
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.relight import given_light
from services.postprocess.relight import text_weight

#: Reduced pixels with less of the core say nothing about it.
_LEAST_SHARE: Final = 0.05
#: Of the blocks that hold some of the core, as many may be missed where pixels are left out.
_MOST_MISSED: Final = 0.002


@dataclass(frozen=True)
class View:
    """The product and its surroundings, perhaps reduced. All arrays share one (H, W).

    Args:
        picture: (H, W, 3) uint8 sRGB; reduced, inside it is the mean of the product's opaque pixels alone, so that thin
            parts are seen without their background.
        outside: (H, W, 3) uint8 sRGB, all of the picture, unshaded where the backdrop is not known.
        expected: (H, W, 3) uint8 sRGB, what `picture` should be inside, in the light that the product was given.
        color: (H, W, 3) uint8 sRGB, straight, the product's colour in that light, as far as coverage reaches.
        coverage: (H, W) float32, 0 to 1.
        core: (H, W) float32, 0 to 1, the share of opaque pixels.
        backdrop: (H, W, 3) uint8 sRGB or None.
        resegmented: (H, W) float32, 0 to 1, or None.
        scale: Pixels here per pixel of the canvas, at most 1.
        top, left: Where on the canvas this begins.
    """

    picture: NDArray[np.uint8]
    outside: NDArray[np.uint8]
    expected: NDArray[np.uint8]
    color: NDArray[np.uint8]
    coverage: NDArray[np.float32]
    core: NDArray[np.float32]
    backdrop: NDArray[np.uint8] | None
    resegmented: NDArray[np.float32] | None
    scale: float
    top: int
    left: int

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(H, W) bool, where `picture` and `expected` show the product's opaque pixels."""
        return self.core >= _LEAST_SHARE

    def on_canvas(self, place_yx: tuple[int, int] | None) -> tuple[int, int] | None:
        """A place here as a pixel of the canvas."""
        if place_yx is None:
            return None
        return self.top + int((place_yx[0] + 0.5) / self.scale), self.left + int((place_yx[1] + 0.5) / self.scale)

    def reduced(self, longest_px: int) -> "View":
        """The same, its longer side at most `longest_px`."""
        hw = self.core.shape
        factor = longest_px / max(hw)
        if factor >= 1:
            return self
        small = _Reduction(max(1, round(hw[1] * factor)), max(1, round(hw[0] * factor)), needed=True)
        # What is too little of the core shows the background here, and would be taken along.
        opaque = np.where(self.inside, self.core, np.float32(0))
        core, outside = small.plane(opaque), small.image(self.outside)
        color = small.straight(self.color, self.coverage)
        return replace(
            self,
            picture=_over(outside, small.straight(self.picture, opaque), core),
            outside=outside,
            expected=_over(color, small.straight(self.expected, opaque), core),
            color=color,
            coverage=small.plane(self.coverage),
            core=core,
            backdrop=None if self.backdrop is None else small.image(self.backdrop),
            resegmented=None if self.resegmented is None else small.plane(self.resegmented),
            scale=self.scale * factor,
        )


def view(evidence: Evidence, longest_px: int, *, quick: bool = False) -> View:
    """The product's box with a margin, its longer side at most `longest_px`.

    Args:
        evidence: All of it.
        longest_px: What is larger is averaged, in linear light.
        quick: What is much larger is thinned out to every n-th pixel of every n-th row, so that time does not grow with
            the picture; a mixture of product and background is the same mixture in every pixel that is kept.
    """
    product, around = evidence.product, evidence.around()
    longest = max(around.height, around.width)
    grid = _Grid(around, _step(product.core, max(1, round(longest / longest_px))) if quick else 1)
    coverage = grid.placed(product.alpha, product.box).astype(np.float32) / np.float32(OPAQUE)
    scale = min(1.0, longest_px * grid.step / longest)
    small = _Reduction(round(coverage.shape[1] * scale), round(coverage.shape[0] * scale), needed=scale < 1)
    picture, straight = grid.part(evidence.picture), grid.placed(product.color, product.box)
    opaque = grid.placed(product.core, product.box).astype(np.float32)
    core, whole = small.plane(opaque), small.image(picture)
    color = small.straight(straight, coverage)
    expected = _over(color, small.straight(straight, opaque), core)
    picture = _over(whole, small.straight(picture, opaque), core)
    if evidence.harmonized:
        light = _light(evidence, expected, picture, core >= _LEAST_SHARE, around)
        color, expected = (to_bytes(to_linear(each) * light) for each in (color, expected))
    again = evidence.resegmented
    return View(
        picture=picture,
        outside=whole if evidence.unshaded is None else small.image(grid.part(evidence.unshaded)),
        expected=expected,
        color=color,
        coverage=small.plane(coverage),
        core=core,
        backdrop=None if evidence.backdrop is None else small.image(grid.part(evidence.backdrop)),
        resegmented=None if again is None else small.plane(grid.part(again).astype(np.float32) / np.float32(OPAQUE)),
        scale=scale / grid.step,
        top=around.top,
        left=around.left,
    )


def _step(core: NDArray[np.bool_], most: int) -> int:
    """How far apart pixels may be looked at without missing thin parts."""
    step = most
    while step > 1:
        sampled = core[step // 2 :: step, step // 2 :: step].astype(np.uint8)
        height, width = sampled.shape
        blocks = core[: height * step, : width * step].astype(np.uint8)
        held = cv2.resize(blocks * np.uint8(255), (width, height), interpolation=cv2.INTER_AREA) > 0
        missed = held & (cv2.dilate(sampled, np.ones((3, 3), np.uint8)) == 0)
        if np.count_nonzero(missed) <= _MOST_MISSED * np.count_nonzero(held):
            break
        step //= 2
    return max(step, 1)


def _over(image: NDArray[np.uint8], inner: NDArray[np.uint8], core: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`inner` where enough of the core is, else `image`."""
    if inner is image:
        return image
    return np.where((core >= _LEAST_SHARE)[..., None], inner, image)


def _light(
    evidence: Evidence,
    expected: NDArray[np.uint8],
    picture: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    around: Box,
) -> NDArray[np.float32]:
    """The light that the product was given, as factors; print keeps its colours."""
    boxes = [box.within(around) for box in evidence.lettering]
    weight = text_weight((around.height, around.width), boxes) if boxes else np.zeros((1, 1), np.float32)
    plain = cv2.resize(weight, inside.shape[::-1], interpolation=cv2.INTER_AREA)
    return given_light(expected, picture, inside, np.asarray(plain, np.float32))


@dataclass(frozen=True)
class _Grid:
    """Every `step`-th pixel of every `step`-th row of a part of the canvas."""

    around: Box
    step: int

    def part(self, canvas: NDArray[Any]) -> NDArray[Any]:
        """Of an array of the canvas' size."""
        return np.ascontiguousarray(canvas[self.around.slices()][self._first :: self.step, self._first :: self.step])

    def placed(self, values: NDArray[Any], box: Box) -> NDArray[Any]:
        """Of an array that lies in a box of the canvas, with 0 around it."""
        inner = box.within(self.around)
        row, column = (-((self._first - start) // self.step) for start in (inner.top, inner.left))
        kept = values[
            self._first + row * self.step - inner.top :: self.step,
            self._first + column * self.step - inner.left :: self.step,
        ]
        size = [len(range(self._first, side, self.step)) for side in (self.around.height, self.around.width)]
        whole = np.zeros((*size, *values.shape[2:]), values.dtype)
        whole[row : row + kept.shape[0], column : column + kept.shape[1]] = kept
        return whole

    @property
    def _first(self) -> int:
        return self.step // 2


@dataclass(frozen=True)
class _Reduction:
    """Means over areas, to one size."""

    width: int
    height: int
    needed: bool

    def plane(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of any float32."""
        if not self.needed:
            return values
        size = (max(1, self.width), max(1, self.height))
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    def image(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Of sRGB, in linear light."""
        return to_bytes(self.plane(to_linear(image))) if self.needed else image

    def straight(self, color: NDArray[np.uint8], coverage: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Of straight sRGB, as far as coverage lets it count."""
        if not self.needed:
            return color
        light, weight = self.plane(to_linear(color) * coverage[..., None]), self.plane(coverage)
        return to_bytes(np.asarray(light / np.maximum(weight, np.float32(1e-4))[..., None], np.float32))
