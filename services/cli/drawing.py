"""Options that say what a diffusion model is to draw behind the product, and how."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.client import SceneWords, ShotOptions

SchedulerChoice = Literal["ddim", "euler", "dpmpp_2m", "lcm"]

PromptOption = Annotated[
    str | None,
    typer.Option("--prompt", help='What to draw, added to the scene\'s own words; "{product} at sea" replaces them.'),
]
NegativePromptOption = Annotated[str | None, typer.Option("--negative-prompt", help="What not to draw.")]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, max=100, help="Of the denoising.")]
GuidanceOption = Annotated[float | None, typer.Option("--guidance", min=1, max=30, help="Weight of the prompt.")]
PlateStrengthOption = Annotated[
    float | None,
    typer.Option("--plate-strength", min=0, max=1, help="How much of the scene's plate stays; 0: drawn freely."),
]
SchedulerOption = Annotated[SchedulerChoice | None, typer.Option("--scheduler", help="How the noise is taken away.")]
DeterministicOption = Annotated[
    bool,
    typer.Option("--deterministic", help="Draw in a batch of its own: the same picture again on the same machine."),
]
ReferenceOption = Annotated[
    Path | None,
    typer.Option("--reference", exists=True, dir_okay=False, help="A picture that takes the plate's place."),
]
UpscaleOption = Annotated[
    bool | None,
    typer.Option("--upscale/--no-upscale", help="Enlarge a background that is smaller than the picture by a network."),
]
WordOption = Annotated[
    list[str] | None,
    typer.Option(
        "--word", metavar="SLOT=WORDS", help="In place of the scene's, such as light=dusk; may be given several times."
    ),
]

StyleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--style", metavar="STYLE[=WEIGHT]",
        help="A style that it is drawn with, such as linen=0.8; may be given several times.",
    ),
]  # fmt: skip


def read_upscale(upscale: bool | None) -> "ShotOptions":
    """Whether the background is enlarged by a network, as the client takes it."""
    return {} if upscale is None else {"upscale": upscale}


def read_styles(style: Sequence[str] | None) -> "ShotOptions":
    """The styles that were given, as the client takes them.

    Raises:
        typer.BadParameter: A weight is none or out of its range, or a style is named twice.
    """
    from services.api.studio import CreateShotRequest

    wanted = []
    for each in style or ():
        style_id, equals, weight = each.partition("=")
        wanted.append({"style_id": style_id, "weight": weight} if equals else {"style_id": style_id})
    return {"styles": checked(CreateShotRequest, {"styles": wanted}, "--style").styles} if wanted else {}


def read_drawing(
    prompt: str | None,
    negative_prompt: str | None,
    steps: int | None,
    guidance: float | None,
    plate_strength: float | None,
    scheduler: SchedulerChoice | None,
    deterministic: bool,
    reference: Path | None,
    word: Sequence[str] | None,
) -> "ShotOptions":
    """Those that were given, as the client takes them.

    Raises:
        typer.BadParameter: A text or a slot's words are too long or hold control characters, or there is no such slot.
    """
    from services.api.studio import CreateShotRequest

    given: dict[str, Any] = {"prompt": prompt, "negative_prompt": negative_prompt}
    given |= {"steps": steps, "guidance": guidance, "plate_strength": plate_strength}
    given |= {"scheduler": scheduler and scheduler.upper(), "deterministic": deterministic or None}
    options: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None:
            options[name] = getattr(checked(CreateShotRequest, {name: value}, f"--{name.replace('_', '-')}"), name)
    if word:
        options["words"] = _words(word)
    if reference is not None:
        options["reference"] = reference
    return cast("ShotOptions", options)


def _words(given: Sequence[str]) -> "SceneWords":
    from services.client import SceneWords

    fields: dict[str, str] = {}
    for each in given:
        slot, equals, words = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"expected SLOT=WORDS such as light=dusk, got {each[:80]!r}", param_hint="--word")
        fields[slot] = words
    return checked(SceneWords, fields, "--word")
