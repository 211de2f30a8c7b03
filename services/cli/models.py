"""`vitrine models`: the weights and panoramas on this machine."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, fetching_progress, results, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress, TaskID

    from services.models.cache import ModelCache
    from services.models.catalog import ModelEntry

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


@models.command("fetch")
def fetch_models(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all when none is named.")] = None,
) -> None:
    """Fetch what is missing; every file is checked by its digest."""
    from services.models.cache import ModelCache

    cache = ModelCache(open_settings().models)
    fetch_missing(cache, [cache.catalog.get(name) for name in names] if names else list(cache.catalog))


def fetch_missing(cache: "ModelCache", entries: "Sequence[ModelEntry]") -> None:
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
