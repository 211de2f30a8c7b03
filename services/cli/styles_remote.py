"""Trainings by the service: `vitrine styles train --remote`, `trainings` and `stop`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.configuration import api_key, service_address
from services.cli.console import AddressOption, JsonOption, asides, counting_progress, results, write_json
from services.cli.group import EXIT_FAILED

if TYPE_CHECKING:
    from services.api.trainings import StyleTraining
    from services.client import Vitrine


@contextmanager
def _service(address: str | None) -> "Iterator[Vitrine]":
    from services.client import Vitrine

    with Vitrine(service_address(address), api_key=api_key()) as vitrine:
        yield vitrine


def train_remotely(images: Path, name: str, options: dict[str, Any], out: Path, address: str | None) -> None:
    """Have the service train a style on the pictures of a folder, and wait for it.

    Args:
        images: The folder.
        name: The style's id.
        options: Further fields of `CreateStyleTrainingRequest`.
        out: Folder that the sample sheet and the losses are fetched into.
        address: The service's.

    Raises:
        typer.Exit: With code 1, where no style came of it.
        VitrineError: As of the client's calls.
    """
    from services.factory.pictures import caption_beside, picture_files

    pictures = [(file, caption_beside(file, "")) for file in picture_files(images)]
    with _service(address) as vitrine:
        made = vitrine.trainings.create(name, pictures, **options)
        asides().print(f"training {made.training_id}; 'vitrine styles stop {made.training_id}' ends it")
        training = _watched(vitrine, made)
        if training.error is not None:
            asides().print(f"it failed: {training.error.message}", style="red", markup=False)
        if training.state != "SUCCEEDED":
            typer.echo(f"no style: the training is {training.state}")
            raise typer.Exit(EXIT_FAILED)
        files = _fetched(vitrine, training, out / name)
    typer.echo(f"added {name}; {', '.join(map(str, files))}")


def list_trainings(address: AddressOption = None, json: JsonOption = False) -> None:
    """List the styles that the service trains or trained for you, the newest first."""
    with _service(address) as vitrine:
        found = vitrine.trainings.all()
    if json:
        write_json([each.model_dump(mode="json", exclude_none=True) for each in found])
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("training", "style", "state", "steps", "loss", "pictures", "made", "error"):
        table.add_column(title, overflow="fold")
    for each in found:
        table.add_row(
            each.training_id, each.style_id, str(each.state), f"{each.steps_done} of {each.steps}",
            f"{each.loss:.4f}" if each.steps_done else "", str(each.pictures), each.create_time,
            each.error.message if each.error else "",
        )  # fmt: skip
    results().print(table)


def stop_training(
    training: Annotated[str, typer.Argument(help="Its id, as 'vitrine styles trainings' tells it.")],
    address: AddressOption = None,
) -> None:
    """End a training by the service; one that is being worked on stops within a step."""
    with _service(address) as vitrine:
        told = vitrine.trainings.cancel(training)
    typer.echo(f"{told.training_id} is {told.state}")


def _watched(vitrine: "Vitrine", made: "StyleTraining") -> "StyleTraining":
    training = made
    with counting_progress() as bars:
        bar = bars.add_task("waiting", total=made.steps)
        for training in vitrine.trainings.watch(made.training_id):
            told = f"training, loss {training.loss:.4f}" if training.steps_done else str(training.state).lower()
            bars.update(bar, completed=training.steps_done, description=told)
    return training


def _fetched(vitrine: "Vitrine", training: "StyleTraining", folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, blob in (("loss.png", training.loss_plot), ("samples.png", training.sample_sheet)):
        if blob is not None:
            (folder / name).write_bytes(vitrine.read_blob(blob.key))
            files.append(folder / name)
    return files
