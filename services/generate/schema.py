"""What the generation stage takes and gives, whichever engine makes the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.light import Finish, Light


@dataclass(frozen=True)
class GenerateRequest:
    """One background to make.

    Args:
        scene_id: A scene of the catalogue.
        camera: Picture size, pitch and where the product's foot stands; the scene is drawn for it.
        seed: uint32; the same request gives the same bytes.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
    """

    scene_id: str
    camera: Camera
    seed: int
    request_id: str = ""
    deadline_s: float | None = None


@dataclass(frozen=True)
class GenerateResult:
    """A background without product.

    Args:
        background: (H, W, 3) uint8 sRGB.
        light: For shadow and harmony.
        finish: For the product's mirror image.
        engine: Name and version of what made it.
        duration_s: Time worked, queueing not counted.
        clean: Whether the engine can't have drawn a product into it, as it never saw one.
    """

    background: NDArray[np.uint8]
    light: Light
    finish: Finish
    engine: str
    duration_s: float
    clean: bool = False
