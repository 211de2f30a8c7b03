"""Pose and camera of a shot: the request's, or the photo's own where the scene fits them."""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

from services.common.camera import FOCAL_RANGE_MM, FULL_FRAME_MM, MOST_ROLL_DEG, Camera
from services.common.errors import InvalidInput
from services.common.geometry import SizeHW
from services.common.pose import Pose
from services.generate.scene import Scene, SceneCatalog
from services.workflow.viewpoint import HANGING_PITCH_DEG, Viewpoint

#: A scene's own usual view stands in for a guess below this.
SURE: Final = 0.6
#: How far an inferred pitch may lie outside a scene's range and be taken as its nearest end, in degrees.
SLACK_DEG: Final = 8.0
#: A plate that is tilted for no reason looks worse than one that is level, so more is asked of a roll.
_SURE_ROLL: Final = 0.8
#: Less roll than this nobody sees.
_LEAST_ROLL_DEG: Final = 0.5
#: From this pitch on, what lies looks as it would hanging on a wall.
_FACED_DEG: Final = 65.0


@dataclass(frozen=True)
class Fit:
    """How a product is shown.

    Args:
        pose: How it rests.
        pitch_deg: The camera's, 0 to 90.
        confidence: That the photo was taken so, 0 to 1; 1 where the request says it.
        roll_deg: How far the camera is turned clockwise; 0 where nobody knows.
        focal_mm: Focal length of the photo's camera, see `Perspective`; None = the scene's own lens.
        read_mm: What goes with a pitch read from the product's shape: the focal length it was read with. It is the
            pitch of the photo's camera, which saw the product elsewhere in its picture; None = it is the picture's own.
    """

    pose: Pose
    pitch_deg: float
    confidence: float
    roll_deg: float = 0.0
    focal_mm: float | None = None
    read_mm: float | None = None

    @classmethod
    def named(cls, pose: Pose | None, pitch_deg: float | None) -> Self | None:
        """What a request says that names both; None for others."""
        return None if pose is None or pitch_deg is None else cls(pose, pitch_deg, 1.0)

    def with_lens(self, roll_deg: float | None, focal_mm: float | None) -> Self:
        """With what a request names of these."""
        return replace(
            self,
            roll_deg=self.roll_deg if roll_deg is None else roll_deg,
            focal_mm=self.focal_mm if focal_mm is None else focal_mm,
        )

    def drawn(self, camera: Camera, scale: float, photo_hw: SizeHW) -> Self:
        """As the picture's camera shows it: named so, a request gets the same picture.

        Args:
            camera: The picture's.
            scale: Its pixels per photo pixel.
            photo_hw: The photo's size.
        """
        focal_mm = FULL_FRAME_MM * camera.focal_px / (scale * math.hypot(*photo_hw))
        return replace(self, pitch_deg=camera.pitch_deg, focal_mm=focal_mm, read_mm=None)


def check_named(scene: Scene, pose: Pose | None, pitch_deg: float | None) -> None:
    """Refuse what a request names and its scene can't show.

    Raises:
        InvalidInput: The message says what the scene fits.
    """
    if pose is not None and pose not in scene.poses:
        fitting = [str(each) for each in scene.poses]
        raise InvalidInput(
            f"the scene {scene.id!r} fits the poses {', '.join(fitting)}, got {pose}", field="pose", known=fitting
        )
    if pitch_deg is not None and not scene.pitch.min <= pitch_deg <= scene.pitch.max:
        raise InvalidInput(
            f"the scene {scene.id!r} fits camera pitches of {scene.pitch.min:g} to {scene.pitch.max:g} degrees, "
            f"got {pitch_deg:g}",
            field="camera_pitch_deg", got=pitch_deg, known=[scene.pitch.min, scene.pitch.max],
        )  # fmt: skip


def fit_view(
    viewpoint: Viewpoint, scenes: SceneCatalog, scene: Scene, pose: Pose | None, pitch_deg: float | None
) -> Fit:
    """Pose and camera for a scene, from what the photo shows. Who names the pitch has described the camera.

    Where the scene does not fit what the photo surely shows, the shot is refused rather than made to look wrong: a shoe
    seen from above does not stand on a podium. Where the photo says little of pose or pitch, the scene's own stands in.

    Args:
        viewpoint: The photo's.
        scenes: All, to name those that fit.
        scene: The one asked for.
        pose, pitch_deg: What the request names; either may be None.

    Raises:
        InvalidInput: The scene does not fit the photo, nor what looks the same; the message names scenes that do.
    """
    fit = _shown(viewpoint, scenes, scene, pose, pitch_deg)
    seen = viewpoint.perspective
    if seen is None or fit.pose is not Pose.STANDING or pitch_deg is not None:
        return fit
    level = seen.roll_confidence < _SURE_ROLL or not _LEAST_ROLL_DEG <= abs(seen.roll_deg) <= MOST_ROLL_DEG
    known = seen.focal_confidence >= SURE and FOCAL_RANGE_MM[0] <= seen.focal_mm <= FOCAL_RANGE_MM[1]
    return replace(
        fit,
        roll_deg=0.0 if level else seen.roll_deg,
        focal_mm=seen.focal_mm if known else None,
        read_mm=seen.focal_mm,
    )


def _shown(viewpoint: Viewpoint, scenes: SceneCatalog, scene: Scene, pose: Pose | None, pitch_deg: float | None) -> Fit:
    """Pose and pitch alone."""
    sure = min(
        1.0 if pose is not None else viewpoint.pose_confidence,
        1.0 if pitch_deg is not None else viewpoint.pitch_confidence,
    )
    for seen, seen_pitch in _looks(viewpoint, pose, pitch_deg):
        shown = _within(scene, seen_pitch)
        if seen in scene.poses and shown is not None:
            return Fit(seen, shown, sure)
    usual = pose or (viewpoint.pose if viewpoint.pose in scene.poses else scene.poses[0])
    shown = _within(scene, viewpoint.pitch_deg if pitch_deg is None else pitch_deg)
    if usual is pose or usual is viewpoint.pose or viewpoint.pose_confidence < SURE:
        if shown is not None:
            return Fit(usual, shown, sure)
        if viewpoint.pitch_confidence < SURE:
            return Fit(usual, scene.pitch.default, sure)
    known = [each.id for each in scenes.scenes.values() if _shows(each, viewpoint, pose, pitch_deg)]
    wanted, wanted_pitch = _looks(viewpoint, pose, pitch_deg)[0]
    raise InvalidInput(
        f"the product seems {wanted.lower()} and seen from {wanted_pitch:.0f} degrees above, which the scene "
        f"{scene.id!r} does not fit ({', '.join(scene.poses)}; {scene.pitch.min:g} to {scene.pitch.max:g} degrees); "
        f"fitting scenes are: {', '.join(known) or 'none'}; or name pose and camera_pitch_deg yourself",
        field="scene_id", got=scene.id, known=known,
    )  # fmt: skip


def _looks(viewpoint: Viewpoint, pose: Pose | None, pitch_deg: float | None) -> list[tuple[Pose, float]]:
    """Poses and pitches that show what the photo shows, the photo's own first.

    Cloth faces the camera alike when it hangs and when it lies below: either may stand for the other.
    """
    own = pose or viewpoint.pose, viewpoint.pitch_deg if pitch_deg is None else pitch_deg
    if pose is not None or pitch_deg is not None:
        return [own]
    if own[0] is Pose.HANGING:
        return [own, (Pose.LYING, 90.0)]
    if own[0] is Pose.LYING and own[1] >= _FACED_DEG and viewpoint.pose_confidence >= SURE:
        return [own, (Pose.HANGING, HANGING_PITCH_DEG)]
    return [own]


def _within(scene: Scene, pitch_deg: float) -> float | None:
    """The pitch, or the scene's nearest one; None where that would show."""
    nearest = min(scene.pitch.max, max(scene.pitch.min, pitch_deg))
    return nearest if abs(nearest - pitch_deg) <= SLACK_DEG else None


def _shows(scene: Scene, viewpoint: Viewpoint, pose: Pose | None, pitch_deg: float | None) -> bool:
    return any(
        seen in scene.poses and _within(scene, seen_pitch) is not None
        for seen, seen_pitch in _looks(viewpoint, pose, pitch_deg)
    )
