"""A shot with every open choice made, and the digest over everything that decides its picture."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from services import __version__
from services.api.studio import CreateShotRequest, ProductSelection
from services.common.pose import Pose
from services.generate.scene import Scene
from services.postprocess.schema import Output, Preservation, Shadow
from services.workflow.fit import Fit


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
    def resolve(cls, request: CreateShotRequest, scene: Scene, fit: Fit, draw_seed: Callable[[], int]) -> Self:
        """Fill in what the request leaves open; `fit` tells pose and pitch."""
        return cls(
            request=request,
            scene=scene,
            seed=draw_seed() if request.seed is None else request.seed,
            pose=fit.pose,
            camera_pitch_deg=fit.pitch_deg,
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
            "selection": _selected(self.request.selection),
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


def _selected(selection: ProductSelection | None) -> dict[str, Any] | None:
    """The selection, the keep-mask's bytes as their digest."""
    if selection is None:
        return None
    mask = selection.keep_mask
    digest = None if mask is None else hashlib.sha256(mask.content).hexdigest()
    return {**selection.model_dump(mode="json", exclude={"keep_mask"}), "keep_mask_sha256": digest}
