"""The files of a job: what came with it as bytes, its results, and what was written about it."""

from services.storage.blobs import TENANT_FOLDERS, BlobStore
from services.storage.owner import result_key


def remove_files(store: BlobStore, tenant: str, job_id: str) -> None:
    """Remove all files of a job.

    Raises:
        StorageUnavailable: The store does not answer; the sweeper removes what is left.
    """
    for folder in TENANT_FOLDERS:
        store.delete([each.key for each in store.under(result_key(folder, tenant, job_id))])
