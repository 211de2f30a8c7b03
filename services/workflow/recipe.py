"""A shot with every open choice made, and the digest over everything that decides its picture."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from services import __version__
from services.api.studio import CreateShotRequest
from services.common.errors import InvalidInput
from services.common.pose import Pose
from services.generate.scene import Scene
from services.postprocess.schema import Output, Preservation, Shadow


@dataclass(frozen=True)
class Recipe:
    """What a shot is made of.

    Args:
        request: As the caller sent it.
        scene: What its `scene_id` stands for.
        seed: uint32.
        pose, camera_pitch_deg, shadow, preservation: The request's, or the defaults.
    """

    request: CreateShotRequest
    scene: Scene
    seed: int
    pose: Pose
    camera_pitch_deg: float
    shadow: Shadow
    preservation: Preservation

    @classmethod
    def resolve(cls, request: CreateShotRequest, scene: Scene, draw_seed: Callable[[], int]) -> Self:
        """Fill in what the request leaves open.

        Raises:
            InvalidInput: The scene does not fit the pose or the pitch; the message names those it fits.
        """
        pose = request.pose or scene.poses[0]
        if pose not in scene.poses:
            fitting = [str(each) for each in scene.poses]
            raise InvalidInput(
                f"the scene {scene.id!r} fits the poses {', '.join(fitting)}, got {pose}", field="pose", known=fitting
            )
        pitch = scene.pitch.default if request.camera_pitch_deg is None else request.camera_pitch_deg
        if not scene.pitch.min <= pitch <= scene.pitch.max:
            raise InvalidInput(
                f"the scene {scene.id!r} fits camera pitches of {scene.pitch.min:g} to {scene.pitch.max:g} degrees, "
                f"got {pitch:g}",
                field="camera_pitch_deg", got=pitch, known=[scene.pitch.min, scene.pitch.max],
            )  # fmt: skip
        return cls(
            request=request,
            scene=scene,
            seed=draw_seed() if request.seed is None else request.seed,
            pose=pose,
            camera_pitch_deg=pitch,
            shadow=request.shadow or Shadow.SOFT,
            preservation=request.preservation or Preservation.EXACT,
        )

    def sha256(self, output: Output, model: str, engine: str) -> str:
        """Hex SHA-256 over the photo's bytes, the resolved request, the scene's file, the models and Vitrine's version.

        Args:
            output: Its format and quality count, its key does not.
            model: Segmentation model, name and version.
            engine: What made the background, name and version.
        """
        parts = {
            "photo_sha256": hashlib.sha256(self.request.image.content).hexdigest(),
            "canvas": self.request.canvas.model_dump(mode="json"),
            "scene": self.scene.model_dump(mode="json"),
            "seed": self.seed,
            "pose": self.pose,
            "camera_pitch_deg": self.camera_pitch_deg,
            "shadow": self.shadow,
            "preservation": self.preservation,
            "output": {"format": output.format, "quality": output.quality},
            "model": model,
            "engine": engine,
            "version": __version__,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
