"""Cutting a part off the product: a hanger, a hand, the second shoe."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.palette import likelihood_of, smooth, to_lab
from services.segment.walker import walk
from services.segment.ways import least_costs, step_costs

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
#: Tabs narrower than about twice this are given back, in places.
_TAB = 4.0


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
    lab = to_lab(image)
    count, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    for label in range(1, count):
        here, there = ([point for point in points if labels[point] == label] for points in (drop, keep))
        if not here:
            continue
        component = np.asarray(labels == label)
        others = int(region.sum()) - int(component.sum())
        # Beside another product, it may be the whole component that was pointed at.
        whole = not there and (bool(keep) or others > _PEER * component.sum())
        off |= _cut_component(_Scene(lab, component, depth_of(component)), here, there, whole)
    return off


def _cut_component(scene: _Scene, drop: Sequence[PointYX], keep: Sequence[PointYX], whole: bool) -> Mask:
    """The part of one component that goes; `whole` where it is all of it, unless colours tell a part."""
    region = scene.region
    material = _flooded(scene, drop)
    rest = region & ~material
    if whole and material.sum() > rest.sum():
        return region
    likelihood = likelihood_of(scene.lab, rest, material)
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
    scene = _Scene(to_lab(image), whole, np.zeros(whole.shape, np.float32))
    margin = whole.copy()
    margin[2:-2, 2:-2] = False
    material = _flooded(scene, [point]) & ~margin
    likelihood = likelihood_of(scene.lab, material, margin)
    on = _discs(scene, [point]) & ~margin
    return around(_walked(scene, likelihood, on, margin) >= 0.5, [point])


def around(region: Mask, points: Sequence[PointYX]) -> Mask:
    """The components of a region that hold one of the points."""
    _, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    held = {int(labels[point]) for point in points} - {0}
    return np.asarray(np.isin(labels, list(held)))


def _by_colour(
    scene: _Scene, material: Mask, likelihood: Array, drop: Sequence[PointYX], keep: Sequence[PointYX]
) -> Array:
    inner = depth_of(material)
    off = _discs(scene, drop) & material
    on = _discs(scene, keep) & ~material
    on |= (scene.depth > 2 * float(inner[off].max()) + _LEAST_SEED) & (likelihood > _SURE) & ~_grown(material, 2)
    if not on.any():
        on = _far_from(scene, off, drop)
    return _walked(scene, likelihood, on, off)


def _walked(scene: _Scene, likelihood: Array, on: Mask, off: Mask) -> Array:
    """The probability that each place belongs with `on`, by colours and edges."""
    features = np.concatenate([smooth(scene.lab), _PRIOR_EDGE * likelihood[..., None]], axis=-1)
    seeds = np.where(off, 0, np.where(on, 1, np.nan)).astype(np.float32)
    return walk(features, np.ones_like(scene.depth), scene.region, seeds, likelihood, _PRIOR_WEIGHT)


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
    costs = np.where(scene.region, step_costs(scene.lab, scene.depth), -1.0)
    to_on, to_off = (least_costs(costs, seeds) for seeds in (on, off))
    return _without_tabs(scene.region, to_on < to_off)


def _without_tabs(region: Mask, on: Mask) -> Array:
    """The share of product around each place: ways that slipped along an edge leave thin tabs, outvoted here."""
    agreeing, there = (cv2.GaussianBlur(chosen.astype(np.float32), (0, 0), _TAB) for chosen in (region & on, region))
    return np.asarray(agreeing / np.maximum(there, np.float32(1e-6)), dtype=np.float32)


def depth_of(region: Mask) -> Array:
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
    starts = np.zeros(scene.region.shape, bool)
    starts[tuple(np.transpose(points))] = True
    distance = least_costs(np.where(scene.region, 1.0, -1.0), starts)
    distance[~np.isfinite(distance)] = 0
    return np.asarray(scene.region & ~off & (distance > _FAR * distance.max()))


def _grown(region: Mask, places: int) -> Mask:
    return cv2.dilate(region.astype(np.uint8), np.ones((2 * places + 1, 2 * places + 1), np.uint8)) > 0
