"""`vitrine models`: the weights and panoramas on this machine."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, fetching_progress, results, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress, TaskID

    from services.models.cache import ModelCache
    from services.models.catalog import Entry

models = typer.Typer(no_args_is_help=True, help="The weights and panoramas on this machine.")


@models.command("list")
def list_models(json: JsonOption = False) -> None:
    """List the catalogue and what of it is here."""
    from rich.table import Table

    from services.models.cache import ModelCache

    cache = ModelCache(open_settings().models)
    if json:
        keep = {"name", "version", "kind", "sha256", "size_bytes", "license", "origin"}
        write_json(
            [
                entry.model_dump(mode="json", include=keep) | {"cached": cache.is_cached(entry)}
                for entry in cache.catalog
            ]
        )
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("model", "version", "kind", "size", "licence", "here", "origin"):
        table.add_column(title, justify="right" if title == "size" else "left")
    for entry in cache.catalog:
        here = "yes" if cache.is_cached(entry) else "no"
        size = f"{entry.size_bytes / 1e6:.1f} MB"
        table.add_row(entry.name, entry.version, entry.kind.lower(), size, entry.license, here, entry.origin)
    results().print(table)


@models.command("pull")
def pull_models(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all when none is named.")] = None,
) -> None:
    """Fetch what is missing; every file is checked by its digest, every checkpoint by its parts."""
    from services.models.cache import ModelCache

    cache = ModelCache(open_settings().models)
    entries = [cache.catalog.get(name) for name in names] if names else list(cache.catalog)
    fetch_missing(cache, entries)
    for entry in entries:
        _check_parts(cache, entry)


@models.command("verify")
def verify_models(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all that are here when none is named.")] = None,
) -> None:
    """Read every byte of what is here, and look at every part of checkpoints; fetches nothing."""
    from services.common.errors import ModelUnavailable
    from services.models.cache import ModelCache

    cache = ModelCache(open_settings().models)
    here = [entry for entry in cache.catalog if cache.is_cached(entry)]
    faulty = 0
    for entry in [cache.catalog.get(name) for name in names] if names else here:
        try:
            cache.verify(entry.name)
            _check_parts(cache, entry)
        except ModelUnavailable as error:
            faulty += 1
            typer.echo(f"faulty  {error.message}")
        else:
            typer.echo(f"good    {entry.name}")
    if faulty:
        raise typer.Exit(1)


@models.command("describe")
def describe_checkpoint(
    folder: Annotated[Path, typer.Argument(help="A checkpoint in diffusers' layout.", exists=True, file_okay=False)],
    name: Annotated[str, typer.Option(help="What the catalogue is to call it; default: the folder's name.")] = "",
    version: Annotated[str, typer.Option(help="Of the checkpoint.")] = "1",
    license_: Annotated[str, typer.Option("--license", help="SPDX id.")] = "NOASSERTION",
    origin: Annotated[str, typer.Option(help="Whose it is, in words.")] = "",
    source: Annotated[
        list[str] | None,
        typer.Option(help="Where others get it: a folder, https://…, s3://bucket/prefix or hub://owner/name@revision."),
    ] = None,
) -> None:
    """Write a catalogue file with one entry, a checkpoint's; for the setting models.catalog."""
    import yaml

    from services.api.catalog import ModelKind
    from services.generate.diffusion.checkpoint import Checkpoint
    from services.models.catalog import CheckpointEntry
    from services.models.manifest import list_files, parse_source

    Checkpoint.read(folder)
    entry = CheckpointEntry(
        name=name or folder.resolve().name.lower().replace("_", "-").replace(".", "-"), version=version,
        kind=ModelKind.CHECKPOINT, license=license_, origin=origin or f"The folder {folder.resolve().name}.",
        manifest=list_files(folder), sources=tuple(parse_source(each) for each in source or [str(folder)]),
    )  # fmt: skip
    typer.echo(
        yaml.safe_dump({"models": [entry.model_dump(mode="json")]}, sort_keys=False, allow_unicode=True), nl=False
    )


def _check_parts(cache: "ModelCache", entry: "Entry") -> None:
    """Refuse a checkpoint that can't be used, while nothing waits for it.

    Raises:
        ModelUnavailable: The message says why.
    """
    from services.generate.diffusion.checkpoint import Checkpoint
    from services.models.catalog import CheckpointEntry

    if isinstance(entry, CheckpointEntry):
        Checkpoint.read(cache.path(entry.name), entry.name)


def fetch_missing(cache: "ModelCache", entries: "Sequence[Entry]") -> None:
    """Fetch what of `entries` is not here, with one progress bar over all.

    Raises:
        ModelUnavailable: One can't be had.
    """
    missing = [entry for entry in entries if not cache.is_cached(entry)]
    if missing:
        with fetching_progress() as progress:
            task = progress.add_task("models", total=sum(entry.size_bytes for entry in missing))
            fetched = 0
            for entry in missing:
                progress.update(task, description=entry.name, completed=fetched)
                cache.path(entry.name, partial(_show, progress, task, fetched))
                fetched += entry.size_bytes
            progress.update(task, description="models", completed=fetched)
    size_mb = sum(entry.size_bytes for entry in entries) / 1e6
    asides().print(f"models: {len(entries)} here ({size_mb:.0f} MB), {len(missing)} of them fetched now")


def _show(progress: "Progress", task: "TaskID", before: int, done: int, total: int) -> None:
    del total  # of this file; the bar is for all
    progress.update(task, completed=before + done)
