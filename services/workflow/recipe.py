"""A shot with every open choice made, and the digest over everything that decides its picture."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from services import __version__
from services.api.common import ImageSource
from services.api.studio import CreateShotRequest, ProductSelection, Recolour
from services.common.css_color import css_rgb, hex_of
from services.common.pose import Pose
from services.generate.scene import Scene
from services.generate.schema import Drawing
from services.postprocess.cover.schema import Cover
from services.postprocess.schema import Output, Preservation, Shadow
from services.workflow.cover import cover_of
from services.workflow.fit import Fit


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a shot is made of.

    Args:
        request: As the caller sent it.
        scene: What its `scene_id` stands for.
        seed: uint32.
        pose, shadow, preservation: The request's, or the defaults.
        camera_pitch_deg, camera_roll_deg, focal_length_mm: Of the picture's camera; the last on a frame of 36 x 24 mm.
        drawing: What a diffusion model draws; None = the background is taken as it is.
        reference: (h, w, 3) uint8 sRGB, the request's; None = the scene's plate.
        cover: The request's, as it is set; None = the picture is none.
        upscale: Whether a network enlarges the background where it is smaller; whether it did, the engine tells.
    """

    request: CreateShotRequest
    scene: Scene
    seed: int
    pose: Pose
    camera_pitch_deg: float
    camera_roll_deg: float
    focal_length_mm: float | None
    shadow: Shadow
    preservation: Preservation
    drawing: Drawing | None = None
    reference: NDArray[np.uint8] | None = None
    cover: Cover | None = None
    upscale: bool = False

    @classmethod
    def resolve(
        cls,
        request: CreateShotRequest,
        scene: Scene,
        fit: Fit,
        draw_seed: Callable[[], int],
        drawing: Drawing | None = None,
        reference: NDArray[np.uint8] | None = None,
        upscale: bool = False,
    ) -> Self:
        """Fill in what the request leaves open; `fit` tells pose and camera."""
        return cls(
            request=request,
            scene=scene,
            seed=draw_seed() if request.seed is None else request.seed,
            pose=fit.pose,
            camera_pitch_deg=fit.pitch_deg,
            camera_roll_deg=fit.roll_deg,
            focal_length_mm=fit.focal_mm,
            shadow=request.shadow or Shadow.SOFT,
            preservation=request.preservation or Preservation.EXACT,
            drawing=drawing,
            reference=reference,
            cover=cover_of(request.cover),
            upscale=upscale,
        )

    def sha256(self, output: Output, model: str, engine: str) -> str:
        """Hex SHA-256 over the photo's bytes, the resolved request, the scene's file, the models and Vitrine's version.

        Args:
            output: Its format and quality count, its key does not.
            model: Segmentation model, name and version.
            engine: What made the background, name and version.
        """
        parts = {
            "photo_sha256": _digest(self.request.image),
            "selection": _selected(self.request.selection),
            "recolour": _recoloured(self.request.recolour),
            "canvas": self.request.canvas.model_dump(mode="json"),
            "scene": self.scene.model_dump(mode="json"),
            "seed": self.seed,
            "pose": self.pose,
            "camera_pitch_deg": self.camera_pitch_deg,
            "camera_roll_deg": self.camera_roll_deg,
            "focal_length_mm": self.focal_length_mm,
            "shadow": self.shadow,
            "preservation": self.preservation,
            "drawing": _drawn(self.drawing),
            "reference_sha256": _digest(self.request.reference),
            "cover": self.cover and asdict(self.cover),
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
    mask = _digest(selection.keep_mask)
    return {**selection.model_dump(mode="json", exclude={"keep_mask"}), "keep_mask_sha256": mask}


def _recoloured(recolour: Recolour | None) -> dict[str, Any] | None:
    """The colour, however it was written, and the mask's digest."""
    if recolour is None:
        return None
    return {"to": hex_of(css_rgb(recolour.to)), "mask_sha256": _digest(recolour.mask)}


def _drawn(drawing: Drawing | None) -> dict[str, Any] | None:
    """What of a drawing decides the picture; where the product stands, the canvas tells. Of styles it is their files,
    whatever they are called, and their order does not count."""
    if drawing is None:
        return None
    styles = sorted((style.sha256, style.weight) for style in drawing.styles)
    left_out = {"placement", "preview_every", "styles"}
    return {name: value for name, value in asdict(drawing).items() if name not in left_out} | {"styles": styles}


def _digest(image: ImageSource | None) -> str | None:
    return None if image is None else hashlib.sha256(image.content).hexdigest()
