"""How a product rests in its photo and how far the camera looked down, read from the photo and its cutout.

Classical cues, each with a physical reason; none is sure, so every answer says how sure it is:
* a hook: a narrow top that widens at once to shoulders, on a symmetric outline, is a hanger;
* its own shadow: what stands up darkens the ground beside and below it, farther out than cloth that lies flat;
* symmetry: clothes are laid out and hung straight; solid goods are mostly seen askew;
* the base: seen at a pitch p, a round base of half width r sags by r sin p below its sides.
The weights were set by hand on forty-one photos of clothes, shoes, hats and a cup; `docs/architecture.md` tells how
often they are right.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.pose import Pose
from services.common.srgb import to_linear
from services.workflow.outline import Outline
from services.workflow.perspective import Perspective, find_perspective

#: Photos are looked at in this size: cues are coarse.
LOOK_PX: Final = 320
#: Camera pitches, in degrees, that clothes laid out and hung are photographed at.
LYING_PITCH_DEG: Final = 82.0
HANGING_PITCH_DEG: Final = 0.0
#: At eye level the camera still looks down a little.
EYE_LEVEL_DEG: Final = 8.0
#: Who holds a camera over something on a table or floor looks down about this far.
_USUAL_PITCH_DEG: Final = 40.0
_SAG_WEIGHT: Final = 0.3
#: From this confidence on a perspective is believed at all.
_TRUSTED: Final = 0.6
#: From this confidence on it says that the product is a solid, seen from between these pitches.
_SOLID: Final = 0.9
_SOLID_DEG: Final = (12.0, 70.0)
#: Limits of the rings around the product, relative to the root of its area.
_RINGS: Final = (0.012, 0.04, 0.09, 0.2, 0.5)
_SECTOR_DEG: Final = 22
_LEAST_RING_PX: Final = 16
#: Odds, as a logarithm, that a photo nobody described shows something that stands.
_PRIOR: Final = -1.2


@dataclass(frozen=True)
class Viewpoint:
    """What a photo tells of itself.

    Args:
        pose: How the product rests.
        pose_confidence: 0 to 1, that it does.
        pitch_deg: How far the camera looked down, 0 to 90.
        pitch_confidence: 0 to 1, that this is right within 15 degrees.
        perspective: What the product's own shape tells of the camera, pitch included; None where it tells little.
    """

    pose: Pose
    pose_confidence: float
    pitch_deg: float
    pitch_confidence: float
    perspective: Perspective | None = None


def find_viewpoint(
    image: NDArray[np.uint8], alpha: NDArray[np.uint16], pose: Pose | None = None, told_mm: float | None = None
) -> Viewpoint:
    """Judge a photo.

    Args:
        image: (H, W, 3) uint8 sRGB.
        alpha: (h, w) uint16 over the whole photo, at any size: its product, with what a selection leaves out of it.
        pose: Where it is known; then only the camera is looked for.
        told_mm: The focal length that the photo's file tells.
    """
    scale = min(1.0, LOOK_PX / max(alpha.shape))
    size_wh = max(8, round(alpha.shape[1] * scale)), max(8, round(alpha.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    coverage = cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA) / np.float32(65535)
    outline = Outline.of(np.asarray(coverage, np.float32))
    if outline is None:
        return Viewpoint(pose or Pose.STANDING, float(pose is not None), EYE_LEVEL_DEG, 0.0)
    hanging = 0.95 * outline.hook() * ramp(0.72, 0.85, outline.symmetry())
    if pose is Pose.HANGING or (pose is None and hanging > 0.5):
        return Viewpoint(Pose.HANGING, 1.0 if pose else hanging, HANGING_PITCH_DEG, 0.95 if pose else hanging)
    standing = float(pose is Pose.STANDING)
    if pose is None:
        standing = 1 / (1 + math.exp(-_standing_odds(outline, own_shadow(small, np.asarray(coverage, np.float32)))))
    found = _on_ground(outline, standing)
    return found if pose is Pose.LYING else with_perspective(found, find_perspective(image, alpha, told_mm))


def with_perspective(found: Viewpoint, seen: Perspective | None) -> Viewpoint:
    """What an outline tells, and what a camera that is known beside it tells.

    Cloth that lies flat has no rims and no three directions of edges: what has them, and is not seen from right above,
    stands. But a hem is bent as a rim seen from nearly its own height, which counts only where even the lens shows.
    """
    if seen is None or seen.pitch_confidence < _TRUSTED:
        return found
    if found.pose is Pose.STANDING:
        if seen.pitch_confidence < found.pitch_confidence:
            return found
        return replace(found, pitch_deg=seen.pitch_deg, pitch_confidence=seen.pitch_confidence, perspective=seen)
    low, high = _SOLID_DEG
    hem = seen.pitch_deg < low and seen.focal_confidence < _TRUSTED
    if seen.pitch_confidence < _SOLID or seen.pitch_deg > high or hem:
        return found
    sure = max(seen.pitch_confidence, 1 - found.pose_confidence)
    return Viewpoint(Pose.STANDING, sure, seen.pitch_deg, seen.pitch_confidence, seen)


def _on_ground(outline: Outline, standing: float) -> Viewpoint:
    """What lies or stands, given how likely it is that it stands, by the outline alone."""
    pitch, level = _standing_pitch(outline)
    from_above = 1 - standing * level
    if standing < 0.5:
        return Viewpoint(Pose.LYING, 1 - standing, LYING_PITCH_DEG, from_above)
    return Viewpoint(Pose.STANDING, standing, pitch, 1 - from_above if pitch <= EYE_LEVEL_DEG else from_above)


def _standing_odds(outline: Outline, shadow: float) -> float:
    """Logarithm of the odds that the product stands rather than lies."""
    askew = ramp(0.85, 0.68, outline.symmetry())
    # Bottles, boxes and lamps: slim, without the notches that sleeves and legs make, level below.
    slim = ramp(0.8, 0.5, outline.aspect) * ramp(0.88, 0.94, outline.solidity) * ramp(0.44, 0.18, outline.sag())
    # Sleeves, legs and straps: few solid goods have so symmetric an outline so far from its convex hull.
    cloth = ramp(0.92, 0.85, outline.solidity) * ramp(0.72, 0.85, outline.symmetry())
    # Saucers, pots and soles round off below; hems do not.
    round_base = ramp(0.61, 0.81, outline.sag()) * ramp(0.9, 0.93, outline.solidity)
    return _PRIOR + 3.2 * shadow + 2.4 * askew + 2.6 * slim + 1.6 * round_base - 3.2 * cloth


def _standing_pitch(outline: Outline) -> tuple[float, float]:
    """Pitch in degrees if the product stands, and how likely it is that the camera was at eye level, 0 to 1.

    The sag of shoes and other long bases says less than that of round ones, so it only moves the pitch away from
    what is usual for photos taken by hand.
    """
    sag = outline.sag()
    level = 0.1 + 0.7 * ramp(0.43, 0.15, sag)
    if level > 0.5:
        return EYE_LEVEL_DEG, level
    own = math.degrees(math.asin(min(sag, 0.9)))
    return _USUAL_PITCH_DEG + _SAG_WEIGHT * (own - _USUAL_PITCH_DEG), level


def own_shadow(image: NDArray[np.uint8], coverage: NDArray[np.float32]) -> float:
    """How clearly the ground below or beside the product lies in its shadow, 0 to 1.

    A near and a middle ring around the product are compared with a far one, direction by direction; a shadow darkens
    both, and leaves the ground its colour where another thing would not. Cloth that lies flat darkens hardly the near
    ring alone.

    Args:
        image: (H, W, 3) uint8 sRGB, some hundred pixels large.
        coverage: (H, W) float32, 0 to 1.
    """
    light = to_linear(image)
    bright = light.sum(-1)
    hue = light[..., :2] / np.maximum(bright, 0.02)[..., None]
    mask = coverage > 0.5
    away = cv2.distanceTransform((coverage < 0.2).astype(np.uint8), cv2.DIST_L2, 5) / np.float32(math.sqrt(mask.sum()))
    down, across = np.mgrid[: mask.shape[0], : mask.shape[1]]
    rows, columns = np.nonzero(mask)
    turn = np.degrees(np.arctan2(down - rows.mean(), across - columns.mean()))
    far = (away > _RINGS[3]) & (away <= _RINGS[4])
    darkest = 0.0
    for middle in range(0, 181, 15):
        sector = np.abs((turn - middle + 180) % 360 - 180) < _SECTOR_DEG
        beyond = far & sector if (far & sector).sum() >= _LEAST_RING_PX else far
        rings = [sector & (away > low) & (away <= high) for low, high in pairwise(_RINGS[:3])]
        if min(int(ring.sum()) for ring in (*rings, beyond)) < _LEAST_RING_PX:
            continue
        level = max(float(np.median(bright[beyond])), 1e-3)
        losses = [1 - float(np.median(bright[ring])) / level for ring in rings]
        change = np.linalg.norm(np.median(hue[rings[1]], axis=0) - np.median(hue[beyond], axis=0))
        darkest = max(darkest, min(losses) * ramp(0.12, 0.05, float(change)))
    # A product that fills its photo leaves too little ground to compare.
    return ramp(0.25, 0.7, darkest) * ramp(0.68, 0.5, float(mask.mean()))


def ramp(low: float, high: float, value: float) -> float:
    """0 at `low`, 1 at `high`, linear between; `low` may be the larger one."""
    return min(1.0, max(0.0, (value - low) / (high - low)))
