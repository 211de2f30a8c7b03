"""What became of every item of a job, as a file."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from services.api.common import Blob
from services.api.jobs import JobItem, ListJobItemsRequest, ManifestFormat
from services.database.database import Database
from services.jobs.listing import Listing
from services.jobs.told import with_addresses
from services.storage.blobs import BlobStore, media_type_of
from services.storage.owner import result_key
from services.workflow.answer import addressed, blob_answer

_COLUMNS: Final = ("key", "state", "error_code", "error", "blob_key", "url")
#: A cell that begins so is a formula to spreadsheets (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Items that are in memory at once.
_PAGE: Final = 500


class ResultFiles:
    """Writes files about jobs.

    Args:
        database: Where jobs are.
        listing: Tells their items.
        store: Where results are, and the files come to lie.
    """

    def __init__(self, database: Database, listing: Listing, store: BlobStore) -> None:
        self._database = database
        self._listing = listing
        self._store = store

    def write(self, tenant: str, job_id: str, version: int, wanted: ManifestFormat) -> Blob:
        """Write the file; the same version again replaces it.

        Args:
            tenant, job_id: Which job.
            version: The job's as it is now.
            wanted: Of the file.

        Returns:
            The file with its address, UTF-8. The addresses of pictures in it work for as long as that.

        Raises:
            NotFound: The tenant has no such job.
            StorageUnavailable: The store or the database does not answer.
        """
        key = f"{result_key('jobs', tenant, job_id)}/items-{version}.{wanted.value.lower()}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "items")
            with path.open("w", encoding="utf-8", newline="") as file:
                write = _write_csv if wanted is ManifestFormat.CSV else _write_jsonl
                write(file, self._items(tenant, job_id))
            stored = self._store.put_file(key, path, media_type_of(key))
        return addressed(blob_answer(stored), self._store.sign(key))

    def _items(self, tenant: str, job_id: str) -> Iterator[JobItem]:
        token = ""
        while True:
            request = ListJobItemsRequest(job_id=job_id, page_size=_PAGE, page_token=token)
            with self._database.reading() as session:
                items, token = self._listing.items(session, tenant, request)
            for item in items:
                yield with_addresses(item, self._store)
            if not token:
                return


def _write_jsonl(file: IO[str], items: Iterable[JobItem]) -> None:
    for item in items:
        file.write(item.model_dump_json() + "\n")


def _write_csv(file: IO[str], items: Iterable[JobItem]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for item in items:
        blob = item.picture or Blob()
        code, message = ("", "") if item.error is None else (item.error.code, item.error.message)
        cells = (item.key, item.state or "", code, message, blob.key, blob.url)
        writer.writerow([_plain(cell) for cell in cells])


def _plain(cell: str) -> str:
    """The cell, as text to spreadsheets too."""
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
