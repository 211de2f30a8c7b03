"""What a silhouette is made of: smooth segments, and how much each looks like a mannequin or a body."""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import felzenszwalb

from services.segment.palette import likelihood_of, to_lab
from services.segment.split import PointYX, depth_of
from services.segment.tips import deepest

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Of the segmentation by graph: how much segments may differ inside, blur, and the least area in places.
_SCALE: Final = 60.0
_SIGMA: Final = 0.7
_LEAST: Final = 24
#: Side of the window that grain is told from, in places.
_WINDOW: Final = 5
#: Side of the window that reaches over slivers, in places.
_ACROSS: Final = 9
#: Outside of everything, in CIELAB / 100: an edge goes around the silhouette whatever it stands before.
_OUTSIDE: Final = (-3.0, 3.0, 3.0)
#: Segments below this share of the silhouette are slivers: a shadow under a collar, a highlight's rim.
_SLIVER: Final = 0.01
#: Neighbours of one material: chroma, and lightness (of shaded bodies), apart at most, in CIELAB units.
_SAME_CHROMA: Final = 7.0
_SAME_LIGHT: Final = 16.0
#: Deep is a place from this share of the greatest depth on.
_DEEP: Final = 0.6
#: Chroma of plastic: surely neutral, and surely not.
_NEUTRAL: Final = (11.0, 18.0)
#: Skin in YCbCr: Chai and Ngan, "Face segmentation using skin-color map in videophone applications", IEEE TCSVT 9(4),
#: 1999.
_SKIN_CB: Final = (77, 127)
_SKIN_CR: Final = (133, 173)


@dataclass(frozen=True)
class Materials:
    """Segments of a silhouette, each of one material.

    Args:
        lab: (h, w, 3) float32, CIELAB / 100.
        labels: (h, w) int64, the segment at each place; 0 outside of the silhouette.
        colors: (N, 3) float32, mean colour of each segment.
        skin: (N,) float32, share of each that has skin's colours.
        grain: (N,) float32, standard deviation of lightness around its surroundings, in CIELAB units.
    """

    lab: Array
    labels: NDArray[np.int64]
    colors: Array
    skin: Array
    grain: Array

    @classmethod
    def of(cls, image: NDArray[np.uint8], region: Mask) -> Self:
        """Cut a silhouette into segments.

        Args:
            image: (h, w, 3) uint8 sRGB.
            region: (h, w) bool, somewhere true.
        """
        lab = to_lab(image)
        framed = np.where(region[..., None], lab, np.array(_OUTSIDE, np.float32))
        labels = np.asarray(felzenszwalb(framed, _SCALE / 100, _SIGMA, _LEAST), np.int64) + 1
        labels[~region] = 0
        ycc = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
        skin = cv2.inRange(ycc, np.array([0, _SKIN_CR[0], _SKIN_CB[0]]), np.array([255, _SKIN_CR[1], _SKIN_CB[1]]))
        colors = np.stack([_means(labels, lab[..., band]) for band in range(3)], axis=-1)
        return cls(lab, labels, colors, _means(labels, skin / np.float32(255)), _grain(lab[..., 0], labels))

    def mean(self, values: Array) -> Array:
        """(h, w) float32, each place's value the mean of its segment's."""
        return _means(self.labels, values)[self.labels]

    def large(self, part: Mask) -> Mask:
        """The segments of a part that are more than slivers between others; all of it, where there are no others."""
        sizes = np.bincount(self.labels[part], minlength=len(self.colors))
        found = part & (sizes >= _SLIVER * float((self.labels > 0).sum()))[self.labels]
        return found if found.any() else part

    def grown(self, point: PointYX, region: Mask) -> Mask:
        """The material at a place: its segment, and all of like colour that this leads to.

        Args:
            point: Inside the region.
            region: (h, w) bool, where it may lie.
        """
        reached = self._alike(int(self.labels[point]))[self.labels] & region
        _, parts = cv2.connectedComponents(reached.astype(np.uint8), connectivity=8)
        return np.asarray(parts == parts[point])

    def core(self, region: Mask) -> Mask:
        """The garment's main material: what fills a silhouette most, deep places counting more than thin limbs."""
        depth = depth_of(region)
        weights = np.bincount(self.labels[region], depth[region].astype(np.float64), len(self.colors))
        deep = np.unique(self.labels[depth > _DEEP * depth.max()])
        most = max(deep, key=lambda label: weights[self._alike(int(label))].sum())
        return self.grown(deepest(region & (self.labels == most)), region)

    def _alike(self, label: int) -> NDArray[np.bool_]:
        """(N,) bool, the segments of about one's colour."""
        apart = np.abs(self.colors - self.colors[label])
        return np.asarray(
            (np.linalg.norm(apart[:, 1:], axis=1) < _SAME_CHROMA / 100) & (apart[:, 0] < _SAME_LIGHT / 100)
        )

    def plausible(self, part: Mask, region: Mask, core: Mask) -> float:
        """How much a part looks like a mannequin's or a body's.

        A product of shares, each 1 for plastic or skin and falling for one kind of cloth:

        - it is neither grey nor of skin's colours;
        - it has a weave or a print;
        - it lies inside, where a mannequin would stick out;
        - it is a hem or a trim: broad where it is joined and hardly deep;
        - it is most of what there is;
        - the garment's main material has its colours, or is it.

        Args:
            part: (h, w) bool, of one material.
            region: (h, w) bool, what it is part of.
            core: (h, w) bool, the garment's main material.
        """
        if (core & part).any():
            return 0.0
        sizes = np.bincount(self.labels[part], minlength=len(self.colors))
        weights = sizes / max(1, sizes.sum())
        chroma = float(weights @ np.linalg.norm(self.colors[:, 1:], axis=1)) * 100
        stuff = max(_ramp(chroma, *_NEUTRAL), float(weights @ self.skin))
        outline, joint = _perimeters(part, self.large(region & ~part), region)
        likelihood = likelihood_of(self.lab, core, part)
        apart = float(likelihood[core].mean() - likelihood[part].mean())
        return float(np.prod([
            stuff,
            _ramp(float(weights @ self.grain), 2.5, 5.0),
            1 - _ramp(outline / max(1.0, outline + joint), 0.15, 0.4),
            1 - _ramp(float(part.sum()) / max(1.0, joint) ** 2, 0.1, 0.2),
            _ramp(float(part.sum()) / float(region.sum()), 0.45, 0.6),
            1 - _ramp(apart, 0.35, 0.6),
        ]))  # fmt: skip


def _means(labels: NDArray[np.int64], values: Array) -> Array:
    """(N,) float32, each segment's mean."""
    sums = np.bincount(labels.ravel(), values.ravel().astype(np.float64))
    return np.asarray(sums / np.maximum(np.bincount(labels.ravel()), 1), np.float32)


def _grain(light: Array, labels: NDArray[np.int64]) -> Array:
    """(N,) float32, how much lightness varies around its surroundings, in CIELAB units, away from segments' edges."""
    ids = labels.astype(np.float32)
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    inner = cv2.dilate(ids, window) == cv2.erode(ids, window)
    squares = (light - cv2.blur(light, (_WINDOW, _WINDOW))) ** 2
    shares = _means(labels, inner.astype(np.float32))
    return np.asarray(100 * np.sqrt(_means(labels, squares * inner) / np.maximum(shares, np.float32(1e-6))), np.float32)


def _perimeters(part: Mask, rest: Mask, region: Mask) -> tuple[float, float]:
    """How many places of a part's edge lie at the outside, and how many at the rest, over slivers in between."""
    edge = part & (cv2.erode(part.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    outside = cv2.dilate((~region).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    beside = cv2.dilate(rest.view(np.uint8), np.ones((_ACROSS, _ACROSS), np.uint8)) > 0
    return float((edge & outside).sum()), float((edge & beside & ~outside).sum())


def _ramp(value: float, full: float, none: float) -> float:
    """1 up to `full`, 0 from `none` on."""
    return min(1.0, max(0.0, (none - value) / (none - full)))
