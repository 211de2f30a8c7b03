"""The files of a job: what came with it as bytes, its results, and what was written about it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from services.storage.blobs import TENANT_FOLDERS, BlobStore
from services.storage.owner import result_key

#: Where the pictures of its items lie.
PICTURES: Final = ("shots", "cutouts", "fixes")
#: Keys that are held in memory at once.
_AT_ONCE: Final = 500


def files_of(store: BlobStore, folders: Sequence[str], tenant: str, job_id: str) -> Iterator[list[str]]:
    """The keys of a job's files in some folders, some hundreds at a time.

    Raises:
        StorageUnavailable: The store does not answer.
    """
    found = (file.key for folder in folders for file in store.under(result_key(folder, tenant, job_id)))
    while keys := list(islice(found, _AT_ONCE)):
        yield keys


def remove_files(store: BlobStore, tenant: str, job_id: str) -> int:
    """Remove all files of a job.

    Returns:
        How many there were.

    Raises:
        StorageUnavailable: The store does not answer; the sweeper removes what is left.
    """
    removed = 0
    for keys in files_of(store, TENANT_FOLDERS, tenant, job_id):
        store.delete(keys)
        removed += len(keys)
    return removed
