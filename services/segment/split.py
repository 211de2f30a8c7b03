"""Cutting a part off the product: a hanger, a hand, the second shoe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from services.segment.walker import walk

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: (row, column) on the grid that is worked on.
PointYX = tuple[int, int]

#: A seed is a disc of this share of the way from its point to the region's edge, at least so many places.
_SEED, _LEAST_SEED = 0.6, 2
#: Colours within this distance (CIELAB, of 100) of the point's are one material.
_SAME_COLOUR = 12.0
#: From this difference of their mean likelihoods on, two materials are told apart by colour.
_APART = 0.7
#: A part is thin beside the product when twice its half width is below this share of the product's.
_THIN = 0.4
#: Without points on the product, what is at least this share of the longest way from the excluded points is product.
_FAR = 0.75
#: Beside others of this share of its size, an excluded component goes as a whole.
_PEER = 0.3
#: How much a place's colour counts, and how much a change of its likelihood hinders the walk.
_PRIOR_WEIGHT, _PRIOR_EDGE = 0.01, 0.5
#: Colours of this likelihood are surely the product's; slivers narrower than this, in places, go with the part beside.
_SURE, _RIM = 0.8, 5
#: A part within the region and below this share of it is a speck.
_SPECK = 0.01
#: Where colours do not tell: the cost of a step without an edge; the depth, in places, from which on it costs no more;
#: what keeps a step at the region's very edge from costing endlessly; the side of the window that flattens patterns.
_STEP, _DEEP, _NECK, _PATTERN = 1e-5, 20.0, 0.05, 7
#: Tabs narrower than about twice this are given back, in places.
_TAB = 4.0
#: Bins of the colour histograms along L, a and b.
_BINS = (8, 12, 12)


@dataclass(frozen=True)
class _Scene:
    """What a cut looks at: colours (h, w, 3) in CIELAB / 100, the region, and how deep inside it each place lies."""

    lab: Array
    region: Mask
    depth: Array


def cut_off(image: NDArray[np.uint8], region: Mask, drop: Sequence[PointYX], keep: Sequence[PointYX]) -> Mask:
    """Find the part of a region that excluded points lie on.

    Where that part's colours are its own (a hanger, a hand), colours and edges decide. Where they are the product's too
    (the second shoe), each place goes with the point that fewer and weaker edges part it from. Where no point lies on
    the product, its thick parts, or else those farthest away, are taken for it.

    Args:
        image: (h, w, 3) uint8 sRGB.
        region: (h, w) bool.
        drop: At least one, inside the region.
        keep: Any number, inside the region.

    Returns:
        (h, w) bool, a part of the region around the points of `drop`.
    """
    off = np.zeros(region.shape, bool)
    lab = _lab(image)
    count, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    for label in range(1, count):
        here, there = ([point for point in points if labels[point] == label] for points in (drop, keep))
        if not here:
            continue
        component = np.asarray(labels == label)
        others = int(region.sum()) - int(component.sum())
        # Beside another product, it may be the whole component that was pointed at.
        whole = not there and (bool(keep) or others > _PEER * component.sum())
        off |= _cut_component(_Scene(lab, component, _depth(component)), here, there, whole)
    return off


def _cut_component(scene: _Scene, drop: Sequence[PointYX], keep: Sequence[PointYX], whole: bool) -> Mask:
    """The part of one component that goes; `whole` where it is all of it, unless colours tell a part."""
    region = scene.region
    material = _flooded(scene, drop)
    rest = region & ~material
    if whole and material.sum() > rest.sum():
        return region
    likelihood = _likelihood(scene.lab, rest, material)
    if rest.any() and likelihood[rest].mean() - likelihood[material].mean() > _APART:
        off = _part(scene, _by_colour(scene, material, likelihood, drop, keep), drop)
        if not _speck(scene, off):
            return _with_rim(region, off, likelihood)
    return region if whole else _part(scene, _by_outline(scene, drop, keep), drop)


def _part(scene: _Scene, probability: Array, drop: Sequence[PointYX]) -> Mask:
    return around(np.asarray(scene.region & (probability < 0.5)), drop)


def _with_rim(region: Mask, off: Mask, likelihood: Array) -> Mask:
    """With the mixed colours at the part's edge, and the slivers that are left between it and the outside."""
    off = off | (_grown(off, 1) & region & (likelihood < _SURE))
    left = (region & ~off).astype(np.uint8)
    solid = cv2.morphologyEx(left, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_RIM, _RIM)))
    slivers = (left > 0) & (solid == 0)
    count, labels = cv2.connectedComponents(slivers.astype(np.uint8), connectivity=8)
    areas = np.bincount(labels.ravel(), minlength=count)
    beside = np.bincount(labels[_grown(off, _RIM // 2)], minlength=count)
    # A strap that the part only touches is longer than that.
    gone = beside > 0.8 * areas
    gone[0] = False
    return np.asarray(off | gone[labels])


def _speck(scene: _Scene, off: Mask) -> bool:
    """Whether a part is small and lies wholly inside: a stripe of a pattern, not a thing of its own."""
    return bool(off.sum() < _SPECK * scene.region.sum() and scene.region[_grown(off, 1)].all())


def belonging(image: NDArray[np.uint8], point: PointYX) -> Mask:
    """Find the thing that a point lies on, by colours and edges alone; what lies at the image's margins is not of it.

    Args:
        image: (h, w, 3) uint8 sRGB.
        point: Inside it.

    Returns:
        (h, w) bool, connected, around the point.
    """
    whole = np.ones(image.shape[:2], bool)
    scene = _Scene(_lab(image), whole, np.zeros(whole.shape, np.float32))
    margin = whole.copy()
    margin[2:-2, 2:-2] = False
    material = _flooded(scene, [point]) & ~margin
    likelihood = _likelihood(scene.lab, material, margin)
    on = _discs(scene, [point]) & ~margin
    features = np.concatenate([_smooth(scene.lab), _PRIOR_EDGE * likelihood[..., None]], axis=-1)
    passage = np.ones_like(scene.depth)
    probability = walk(features, passage, whole, _seeds(on, margin), likelihood, _PRIOR_WEIGHT)
    return around(probability >= 0.5, [point])


def around(region: Mask, points: Sequence[PointYX]) -> Mask:
    """The components of a region that hold one of the points."""
    _, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    held = {int(labels[point]) for point in points} - {0}
    return np.asarray(np.isin(labels, list(held)))


def _by_colour(
    scene: _Scene, material: Mask, likelihood: Array, drop: Sequence[PointYX], keep: Sequence[PointYX]
) -> Array:
    inner = _depth(material)
    off = _discs(scene, drop) & material
    on = _discs(scene, keep) & ~material
    on |= (scene.depth > 2 * float(inner[off].max()) + _LEAST_SEED) & (likelihood > _SURE) & ~_grown(material, 2)
    if not on.any():
        on = _far_from(scene, off, drop)
    features = np.concatenate([_smooth(scene.lab), _PRIOR_EDGE * likelihood[..., None]], axis=-1)
    passage = np.ones_like(scene.depth)
    return walk(features, passage, scene.region, _seeds(on, off), likelihood, _PRIOR_WEIGHT)


def _by_outline(scene: _Scene, drop: Sequence[PointYX], keep: Sequence[PointYX]) -> Array:
    """1 where a way over as few and as weak edges as possible leads to the product sooner than to what goes, else 0."""
    off = _discs(scene, drop)
    on = _discs(scene, keep) & ~off
    if not on.any():
        half_width = max(float(scene.depth[point]) for point in drop)
        if 2 * half_width < _THIN * float(scene.depth.max()):
            on = (scene.depth > max(2 * half_width, _LEAST_SEED + 1)) & ~off
        else:
            on = _far_from(scene, off, drop)
    costs = np.where(scene.region, _costs(scene), -1.0)
    to_on, to_off = (_reached(costs, seeds) for seeds in (on, off))
    return _without_tabs(scene.region, to_on < to_off)


def _costs(scene: _Scene) -> NDArray[np.float64]:
    """What a step costs: edges, and much of it in a neck. A fine pattern's edges are flattened first.

    On four pairs of shoes, with six pairs of points each, ways over squared edges cut off the second shoe at a median
    overlap of 0.89, 0.92, 0.98 and 0.96 with a good cut; a random walk, whatever its parameters, at 0.5 to 0.7.
    """
    bytes_ = np.clip(scene.lab * 127 + 128, 0, 255).astype(np.uint8)
    flat = np.stack([cv2.medianBlur(np.ascontiguousarray(bytes_[..., band]), _PATTERN) for band in range(3)], axis=-1)
    smooth = _smooth(flat.astype(np.float32) / np.float32(127))
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order, scale=0.25) for order in ((1, 0), (0, 1)))
    edges = (np.asarray(across, np.float64) ** 2 + np.asarray(down, np.float64) ** 2).sum(axis=-1)
    return np.asarray((_STEP + edges) / (np.minimum(scene.depth, _DEEP) / _DEEP + _NECK))


def _without_tabs(region: Mask, on: Mask) -> Array:
    """The share of product around each place: ways that slipped along an edge leave thin tabs, outvoted here."""
    agreeing, there = (cv2.GaussianBlur(chosen.astype(np.float32), (0, 0), _TAB) for chosen in (region & on, region))
    return np.asarray(agreeing / np.maximum(there, np.float32(1e-6)), dtype=np.float32)


def _reached(costs: NDArray[np.float64], seeds: Mask) -> NDArray[np.float64]:
    """The least cost of a way from any seed to each place; infinite without one."""
    if not seeds.any():
        return np.full(costs.shape, np.inf)
    ways: Any = MCP_Geometric(costs)
    found, _ = ways.find_costs(np.argwhere(seeds))
    return np.asarray(found)


def _lab(image: NDArray[np.uint8]) -> Array:
    """CIELAB / 100, (h, w, 3) float32."""
    lab = cv2.cvtColor(np.asarray(image / np.float32(255), dtype=np.float32), cv2.COLOR_RGB2LAB)
    return np.asarray(lab / np.float32(100), dtype=np.float32)


def _depth(region: Mask) -> Array:
    """How far inside the region each place lies; the image's margins are its edges too."""
    framed = cv2.copyMakeBorder(region.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1], dtype=np.float32)


def _discs(scene: _Scene, points: Sequence[PointYX]) -> Mask:
    drawn = np.zeros(scene.region.shape, np.uint8)
    for row, column in points:
        radius = max(_LEAST_SEED, int(_SEED * float(scene.depth[row, column])))
        cv2.circle(drawn, (column, row), radius, 1, -1)
    return np.asarray((drawn > 0) & scene.region)


def _flooded(scene: _Scene, points: Sequence[PointYX]) -> Mask:
    """What is of a point's colour and connected with it."""
    flooded = np.zeros(scene.region.shape, bool)
    for point in points:
        alike = np.linalg.norm(scene.lab - scene.lab[point], axis=-1) < _SAME_COLOUR / 100
        flooded |= around(np.asarray(alike & scene.region), [point])
    return flooded


def _far_from(scene: _Scene, off: Mask, points: Sequence[PointYX]) -> Mask:
    """The region's places farthest from the points, along ways inside it."""
    ways: Any = MCP_Geometric(np.where(scene.region, 1.0, -1.0))
    distance, _ = ways.find_costs(list(points))
    distance[~np.isfinite(distance)] = 0
    return np.asarray(scene.region & ~off & (distance > _FAR * distance.max()))


def _likelihood(lab: Array, on: Mask, off: Mask) -> Array:
    """By its colour alone, how much more likely each place is among the one's colours than among the other's."""
    bins = _bins_of(lab)
    among_on, among_off = (_histogram(bins[chosen])[bins] + 1e-4 for chosen in (on, off))
    return np.asarray(among_on / (among_on + among_off), dtype=np.float32)


def _bins_of(lab: Array) -> NDArray[np.int_]:
    low, step = np.array([0, -0.6, -0.6]), np.array([1 / 8, 0.1, 0.1])
    steps = np.clip((lab - low) / step, 0, np.array(_BINS) - 1).astype(int)
    return np.asarray(np.ravel_multi_index(tuple(np.moveaxis(steps, -1, 0)), _BINS))


def _histogram(bins: NDArray[np.int_]) -> NDArray[np.float64]:
    """Shares, smoothed over neighbouring bins."""
    counts = np.bincount(bins, minlength=int(np.prod(_BINS))).reshape(_BINS).astype(np.float64)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if each == axis else (0, 0) for each in range(3)], mode="edge")
        before, after = np.delete(padded, [-2, -1], axis), np.delete(padded, [0, 1], axis)
        counts = 0.6 * counts + 0.2 * (before + after)
    return np.asarray(counts.ravel() / max(1.0, counts.sum()))


def _smooth(lab: Array) -> Array:
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), dtype=np.float32)


def _grown(region: Mask, places: int) -> Mask:
    return cv2.dilate(region.astype(np.uint8), np.ones((2 * places + 1, 2 * places + 1), np.uint8)) > 0


def _seeds(on: Mask, off: Mask) -> Array:
    return np.where(off, 0, np.where(on, 1, np.nan)).astype(np.float32)
