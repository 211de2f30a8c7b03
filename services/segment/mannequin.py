"""Taking a garment off its mannequin: head, neck, hands, legs and stand go, what is cloth stays.

No network tells cloth from plastic here. A mannequin shows at the ends of the silhouette, in one smooth material that
is grey, white, black, or of skin's colours, and that the garment does not have. The ends are geodesic extrema
(Plagemann, Ganapathi, Koller and Thrun, "Real-time identification and localization of body parts from depth images",
ICRA 2010), the materials segments of a graph (Felzenszwalb and Huttenlocher, "Efficient graph-based image
segmentation", IJCV 59, 2004), and a random walk parts them along the photo's edges. Then the next layer is looked at:
under hair is a face.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.materials import Materials
from services.segment.palette import likelihood_of, smooth
from services.segment.split import PointYX, around, cut_off
from services.segment.tips import deepest, find_tips
from services.segment.walker import walk

Mask = NDArray[np.bool_]

#: Layers that are taken off one after the other: hair, skin, shoes.
_LAYERS: Final = 3
#: From this plausibility on, a material is the mannequin's.
_ENOUGH: Final = 0.35
#: Where less than this share would be left, it was the garment that was taken for a mannequin.
_LEAST_CLOTH: Final = 0.2
#: What is left besides the largest part, and below this share of it, hung on the mannequin: a stand's foot.
_CRUMB: Final = 0.04
#: A part sticks out where more than this share of its edge is the silhouette's.
_STICKS_OUT: Final = 0.6
#: Places this near to the garment are of it, in places of the grid.
_NEAR: Final = 2
#: Colours of this likelihood are surely cloth; how far inside a part they are known, in places.
_SURE: Final = 0.8
_INSIDE: Final = 2
#: How much a place's colour counts, and how much a change of its likelihood hinders the walk.
_PRIOR_WEIGHT: Final = 0.01
_PRIOR_EDGE: Final = 0.5


@dataclass(frozen=True)
class Undressed:
    """A silhouette, parted.

    Args:
        garment: (h, w) bool, what is cloth.
        confidence: 0 to 1, that what was taken off is a mannequin or a body; 0 where nothing was.
    """

    garment: Mask
    confidence: float


def undress(
    image: NDArray[np.uint8], region: Mask, cloth: Sequence[PointYX] = (), mannequin: Sequence[PointYX] = ()
) -> Undressed:
    """Leave of a silhouette what is cloth.

    Args:
        image: (h, w, 3) uint8 sRGB, at the size that is worked on: about 512 places.
        region: (h, w) bool, garment and mannequin together.
        cloth, mannequin: Places inside it of which somebody said what they are.
    """
    if not region.any():
        return Undressed(region, 0.0)
    materials = Materials.of(image, region)
    garment, surest = region, 0.0
    if mannequin:
        garment, surest = _connected(region & ~cut_off(image, region, mannequin, cloth), cloth), 1.0
    for _ in range(_LAYERS):
        if not garment.any():
            break
        off, core = np.zeros(region.shape, bool), materials.core(garment)
        for tip in find_tips(garment):
            if off[tip]:
                continue
            found = materials.grown(tip, garment)
            likely = materials.plausible(found, garment, core)
            if likely >= _ENOUGH and not any(found[point] for point in cloth):
                off |= found
                surest = max(surest, likely)
        if not off.any():
            break
        garment = _without(materials, garment, off, cloth)
    if not mannequin and garment.sum() < _LEAST_CLOTH * region.sum():
        return Undressed(region, 0.0)
    return Undressed(garment, surest)


def _without(materials: Materials, region: Mask, off: Mask, cloth: Sequence[PointYX]) -> Mask:
    """The region less a mannequin's parts, cut along the edges that are there, and less what only hung on these."""
    rest = region & ~off
    if not rest.any():
        return rest
    sure = materials.large(rest)
    likelihood = likelihood_of(materials.lab, sure, off)
    seeds = np.full(region.shape, np.nan, np.float32)
    seeds[_shrunk(sure) & (materials.mean(likelihood) > _SURE)] = 1
    seeds[_shrunk(off)] = 0
    seeds[deepest(rest)] = 1
    for point in cloth:
        seeds[point] = 1
    features = np.concatenate([smooth(materials.lab), _PRIOR_EDGE * likelihood[..., None]], axis=-1)
    passage = np.ones(region.shape, np.float32)
    cut = region & (walk(features, passage, region, seeds, likelihood, _PRIOR_WEIGHT) < 0.5)
    return _connected(region & ~_of_mannequin(cut, off, region), cloth)


def _of_mannequin(cut: Mask, off: Mask, region: Mask) -> Mask:
    """The components of a cut that hold some of what surely goes, or stick out; prints of its colour do neither."""
    count, labels = cv2.connectedComponents(cut.astype(np.uint8), connectivity=4)
    held = np.bincount(labels[off], minlength=count) > 0
    near = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(int)
    outside = np.bincount(near[~region], minlength=count)
    beside = np.bincount(near[region & ~cut], minlength=count)
    held |= outside > _STICKS_OUT * (outside + beside)
    held[0] = False
    return np.asarray(held[labels])


def _connected(left: Mask, cloth: Sequence[PointYX]) -> Mask:
    """Without small parts that lie apart from the largest."""
    joined = cv2.dilate(left.view(np.uint8), np.ones((2 * _NEAR + 1, 2 * _NEAR + 1), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    areas = np.bincount(labels[left], minlength=1)
    if not areas.any():
        return left
    kept = areas >= _CRUMB * areas.max()
    return np.asarray(left & (kept[np.minimum(labels, len(kept) - 1)] | around(joined > 0, list(cloth))))


def _shrunk(part: Mask) -> Mask:
    side = 2 * _INSIDE + 1
    return cv2.erode(part.view(np.uint8), np.ones((side, side), np.uint8)) > 0
