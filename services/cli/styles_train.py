"""`vitrine styles train`: the LoRA factory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.configuration import api_key, open_settings, service_address
from services.cli.console import AddressOption, asides, counting_progress
from services.cli.styles_remote import train_remotely

if TYPE_CHECKING:
    from services.common.settings import Settings
    from services.factory.factory import StyleFactory, StyleFiles
    from services.factory.schema import TrainingPicture, TrainingPlan


def train_style(
    images: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of pictures, captions in text files beside them.")
    ],
    name: Annotated[str, typer.Option(help="The style's id: a-z, 0-9 and dashes.")],
    scene: Annotated[str, typer.Option(help="Its words are the caption of pictures that have none.")] = "",
    words: Annotated[str, typer.Option(help="Added to the scene's words.")] = "",
    steps: Annotated[int, typer.Option(min=1, help="Of the training.")] = 400,
    rank: Annotated[int, typer.Option(min=1, max=1024, help="Of the adapter.")] = 8,
    learning_rate: Annotated[float, typer.Option(min=0, help="Of AdamW.")] = 1e-4,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in a step.")] = 4,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same style.")] = 0,
    sample_steps: Annotated[int, typer.Option(min=1, max=100, help="Of the sample sheet's pictures.")] = 20,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for trainings.")] = Path("out/styles"),
    register: Annotated[bool, typer.Option(help="Take it in as a style of the running service.")] = True,
    description: Annotated[str, typer.Option(help="What you know it by.")] = "",
    remote: Annotated[bool, typer.Option("--remote", help="Let the service train it, for its own checkpoint.")] = False,
    address: AddressOption = None,
) -> None:
    """Train a style on pictures, for the checkpoint of the settings; one that was stopped goes on where it was."""
    from services.api.catalog import CreateStyleRequest
    from services.cli.checked import checked
    from services.common.errors import InvalidInput

    if remote:
        if not register:
            raise typer.BadParameter("the service registers what it trains", param_hint="--no-register")
        options = {
            "description": description, "scene_id": scene, "words": words, "steps": steps, "rank": rank,
            "learning_rate": learning_rate, "batch": batch, "seed": seed,
        }  # fmt: skip
        train_remotely(images, name, options, out, address)
        return
    try:
        from services.factory.factory import StyleFactory, StyleFiles
        from services.factory.schema import TrainingPlan
    except ModuleNotFoundError as error:
        raise InvalidInput(f"training needs the extra 'train': pip install 'vitrine[train]' ({error.name})") from error
    checked(CreateStyleRequest, {"style_id": name, "description": description}, "--name", "--description")
    settings = _settings()
    if rank > (most := settings.generate.diffusion.max_rank):
        raise typer.BadParameter(f"the service takes styles of rank {most} at most", param_hint="--rank")
    factory, files = StyleFactory.open(settings), StyleFiles(out / name)
    pictures = factory.pictures(images, _caption(settings, scene, words))
    _make(factory, pictures, TrainingPlan(steps, rank, learning_rate, batch, seed), files, sample_steps)
    asides().print(f"trained on {len(pictures)} pictures: {files.adapter}, {files.losses}, {files.samples}")
    if register:
        _register(name, files, description, address)


def _settings() -> "Settings":
    """Those of a service that draws.

    Raises:
        InvalidInput: There is no checkpoint.
    """
    from services.common.errors import InvalidInput

    settings = open_settings()
    if not settings.generate.diffusion.checkpoint:
        raise InvalidInput(
            "there is no checkpoint to train for: set generate.diffusion.checkpoint, see docs/diffusion.md",
            field="generate.diffusion.checkpoint",
        )
    return settings


def _caption(settings: "Settings", scene: str, words: str) -> str:
    if not scene:
        return words
    from services.generate.scene import SceneCatalog

    return SceneCatalog.open(settings.generate.scenes_dir).get(scene).words.compose(words).positive


def _make(
    factory: "StyleFactory",
    pictures: "list[TrainingPicture]",
    plan: "TrainingPlan",
    files: "StyleFiles",
    sample_steps: int,
) -> None:
    from services.factory.factory import samples_of

    with counting_progress() as bars:
        bar = bars.add_task("training", total=plan.steps)
        factory.train(
            pictures, plan, files,
            lambda step, loss: bars.update(bar, completed=step, description=f"training, loss {loss:.4f}"),
        )  # fmt: skip
        drawing = bars.add_task("samples", total=samples_of(pictures))
        factory.sample(pictures, files, sample_steps, lambda: bars.advance(drawing))


def _register(name: str, files: "StyleFiles", description: str, address: str | None) -> None:
    from services.client import Vitrine

    with Vitrine(service_address(address), api_key=api_key()) as vitrine:
        made = vitrine.styles.add(name, files.adapter, description)
    typer.echo(f"added {made.style_id}: rank {made.rank}, {', '.join(made.networks)} of {made.checkpoint}")
