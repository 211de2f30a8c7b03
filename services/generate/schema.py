"""What the generation stage takes and gives, whichever engine makes the picture."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.light import Finish, Light
from services.common.logs import carried_fields
from services.common.placement import Placement

#: See `Drawing.styles_name`.
STYLES_NAMES: Final = 256
#: Said to whoever comes with a style where nothing is drawn.
PLATES_ONLY: Final = "this service takes its scenes' plates as they are, without a diffusion model: it has no styles"


class Scheduler(StrEnum):
    """How a diffusion model takes the noise away. LCM is for checkpoints distilled for it, in 2 to 8 steps."""

    DDIM = "DDIM"
    EULER = "EULER"
    DPMPP_2M = "DPMPP_2M"
    LCM = "LCM"


@dataclass(frozen=True)
class DrawnStyle:
    """A LoRA adapter that a picture is drawn with.

    Args:
        style_id: What the caller knows it by, for messages.
        key: Of its file in the blob store.
        sha256: Of that file; with the weight, what decides the picture.
        weight: How much of it.
    """

    style_id: str
    key: str
    sha256: str
    weight: float


@dataclass(frozen=True)
class Drawing:
    """How a diffusion model is to draw over a background.

    Args:
        placement: Where the product stands, which is held while all else is drawn.
        prompt: What to draw, the scene's words and the caller's together.
        negative_prompt: What not to draw; counts where guidance is above 1.
        steps: Of the denoising, 1 to 100.
        guidance: Weight of the prompt, 1 (none) to 30.
        plate_strength: How much of the background stays: 0 = drawn freely, 1 = as it is.
        scheduler: How the noise is taken away.
        deterministic: Draw in a batch of its own, so that the bytes repeat on the same machine.
        preview_every: Steps between previews; 0 = none.
        styles: Adapters of the model's weights, all together.
    """

    placement: Placement
    prompt: str
    negative_prompt: str = ""
    steps: int = 30
    guidance: float = 7.5
    plate_strength: float = 0.0
    scheduler: Scheduler = Scheduler.DPMPP_2M
    deterministic: bool = False
    preview_every: int = 0
    styles: tuple[DrawnStyle, ...] = ()

    @property
    def styles_name(self) -> str:
        """Of its styles together, so that it goes where they were drawn with before; empty where there are none. One of
        few, as metrics of Serve's are labelled with it, so different styles may share one.
        """
        if not self.styles:
            return ""
        files = " ".join(sorted(style.sha256 for style in self.styles))
        return f"styles-{int(hashlib.sha256(files.encode()).hexdigest(), 16) % STYLES_NAMES}"


@dataclass(frozen=True, eq=False)
class GenerateRequest:
    """One background to make.

    Args:
        scene_id: A scene of the catalogue.
        camera: Picture size, pitch and where the product's foot stands; the scene is drawn for it.
        seed: uint32; the same request gives the same bytes, but for what batches of a diffusion model round.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        reference: (h, w, 3) uint8 sRGB of any size; the background in place of the scene's plate, whose light stays.
        drawing: What a diffusion model makes of the background; None = it is taken as it is.
        upscale: Whether a network enlarges what was drawn, or the reference, where the picture is larger.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    scene_id: str
    camera: Camera
    seed: int
    request_id: str = ""
    deadline_s: float | None = None
    reference: NDArray[np.uint8] | None = None
    drawing: Drawing | None = None
    upscale: bool = False
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True, eq=False)
class StepDone:
    """How far a picture is.

    Args:
        step: Steps done of the denoising.
        steps: All of them; decoding follows.
        preview: (h, w, 3) uint8 sRGB, small, what the picture is to be as far as can be told; None where none is due.
    """

    step: int
    steps: int
    preview: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True)
class ExamineRequest:
    """An adapter to be held against the checkpoint.

    Args:
        style: Where it lies; its weight does not count.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        log_fields: What the logs say besides.
    """

    style: DrawnStyle
    request_id: str = ""
    deadline_s: float | None = None
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True)
class AdapterFacts:
    """An adapter that fits.

    Args:
        rank: The largest of its layers.
        networks: Those that it changes, such as "unet".
        checkpoint: Name and version of what it was held against.
    """

    rank: int
    networks: tuple[str, ...]
    checkpoint: str
