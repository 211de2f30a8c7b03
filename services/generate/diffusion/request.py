"""What one sample is made from: words, pictures and the settings of the diffusion, checked before any work."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.errors import InvalidInput
from services.generate.engine.lora import AdapterSet
from services.generate.schema import Scheduler

MAX_STEPS: Final = 100
MAX_GUIDANCE: Final = 30.0
UINT32_MAX: Final = 2**32 - 1
#: Of a prompt before it is cut into tokens; 75 tokens of CLIP are some 400 characters.
MAX_PROMPT_CHARS: Final = 4000


@dataclass(frozen=True, eq=False)
class Inpainting:
    """The pictures of an inpainting, all of one size.

    Args:
        image: (H, W, 3) uint8 sRGB; where the diffusion starts, as far as `plate_strength` lets it show.
        mask: (H, W) bool; True = to be drawn anew.
        context: (H, W, 3) uint8 sRGB; what a 9-channel network is shown of the part that stays.
        known: (H, W) bool; where the context counts. Elsewhere the network sees the middle grey of its range.
        covered: (H, W) bool; where the product is, to be left out of what is decoded, see `infill`. None = all is
            decoded as it was drawn.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    context: NDArray[np.uint8]
    known: NDArray[np.bool_]
    covered: NDArray[np.bool_] | None = None

    @classmethod
    def plain(cls, image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> "Inpainting":
        """The context is the image itself outside the mask, as diffusers' pipelines have it."""
        return cls(image, mask, image, ~mask)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.shape[0], self.image.shape[1]

    def __post_init__(self) -> None:
        height, width = self.image.shape[:2]
        wanted = {"image": (height, width, 3), "mask": (height, width)}
        wanted |= {"context": wanted["image"], "known": wanted["mask"]}
        if self.covered is not None:
            wanted["covered"] = wanted["mask"]
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has the shape {getattr(self, name).shape}; wanted is {shape}")


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """One picture to make.

    Args:
        pictures: What is there and what is to be drawn.
        prompt: What to draw; as many tokens as the checkpoint's text encoders take.
        negative_prompt: What not to draw; only used with guidance above 1.
        seed: uint32; decides all noise of this sample, whatever is batched with it.
        steps: Of the whole schedule, 1 to 100; `plate_strength` leaves the first of them out.
        guidance: Weight of the prompt, 1 (none) to 30 (Ho & Salimans, arXiv 2207.12598).
        plate_strength: 0 = drawn from noise alone, towards 1 = ever closer to `pictures.image`; diffusers' `strength`
            is what is missing to 1.
        scheduler: How the noise is taken away.
        styles: Adapters that all networks are computed with.

    Raises:
        InvalidInput: A value is out of its range; details hold field, got, min and max.
    """

    pictures: Inpainting
    prompt: str
    negative_prompt: str = ""
    seed: int = 0
    steps: int = 30
    guidance: float = 7.5
    plate_strength: float = 0.0
    scheduler: Scheduler = Scheduler.DPMPP_2M
    styles: AdapterSet = ()

    def __post_init__(self) -> None:
        _check_range("seed", self.seed, 0, UINT32_MAX, whole=True)
        _check_range("steps", self.steps, 1, MAX_STEPS, whole=True)
        _check_range("guidance", self.guidance, 1, MAX_GUIDANCE)
        _check_range("plate_strength", self.plate_strength, 0, 1)
        _check_text("prompt", self.prompt)
        _check_text("negative_prompt", self.negative_prompt)
        if self.steps_run < 1:
            most = 1 - 1 / self.steps
            raise InvalidInput(
                f"plate_strength {self.plate_strength} leaves none of {self.steps} steps; it must be at most "
                f"{most:.3f}, or there must be more steps",
                field="plate_strength", got=self.plate_strength, min=0, max=most,
            )  # fmt: skip

    @property
    def strength(self) -> float:
        """Diffusers' word: 1 = noise alone."""
        # 1 - 0.9 is less than 0.1, which would lose a step.
        return round(1 - self.plate_strength, 6)

    @property
    def steps_run(self) -> int:
        """Steps that are really made."""
        return min(int(self.steps * self.strength), self.steps)


def _check_range(field: str, got: float, low: float, high: float, *, whole: bool = False) -> None:
    number = isinstance(got, int) if whole else isinstance(got, int | float)
    # "not between" instead of "outside", so that a NaN is refused as well.
    if isinstance(got, bool) or not number or not low <= got <= high:
        kind = "a whole number" if whole else "a number"
        raise InvalidInput(
            f"{field} is {got!r}; wanted is {kind} from {low} to {high}", field=field, got=str(got), min=low, max=high
        )


def _check_text(field: str, text: str) -> None:
    if len(text) > MAX_PROMPT_CHARS:
        raise InvalidInput(
            f"{field} has {len(text)} characters; at most {MAX_PROMPT_CHARS} are read",
            field=field, got=len(text), min=0, max=MAX_PROMPT_CHARS,
        )  # fmt: skip
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"{field} holds half of a character at {error.start}; wanted is Unicode", field=field
        ) from error
