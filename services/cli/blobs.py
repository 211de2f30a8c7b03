"""`vitrine blobs`: the files that the service stores."""

from typing import Annotated

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, results, write_json

_DAY_S = 86_400

blobs = typer.Typer(no_args_is_help=True, help="The files that the service stores.")


@blobs.callback()
def _blobs() -> None:
    """A group, also while it has one command."""


@blobs.command("sweep")
def sweep(
    days: Annotated[float, typer.Option(min=0, help="Remove results and uploads that are older, in days.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove old results and uploads from the blob directory, and what killed processes left half written. For cron."""
    from services.common.errors import InvalidInput
    from services.storage.blobs import TENANT_FOLDERS
    from services.storage.local import LocalBlobs
    from services.storage.store import blob_directory, open_store
    from services.storage.sweeper import Sweeper

    settings = open_settings()
    store = open_store(settings)
    if not isinstance(store, LocalBlobs):
        raise InvalidInput("the results lie in a bucket; its life-cycle rules remove old ones, see docs/storage.md")
    swept = Sweeper(blob_directory(settings), store).sweep(TENANT_FOLDERS, days * _DAY_S, dry_run=dry_run)
    if json:
        write_json({"files": swept.files, "size_bytes": swept.size_bytes, "removed": not dry_run})
    else:
        verb = "would be removed" if dry_run else "removed"
        results().print(f"{swept.files} files, {swept.size_bytes / 1e6:.1f} MB {verb}")
