"""Takes a job away: its files, then its rows."""

from typing import Final

from sqlalchemy import Delete, delete

from services.database.database import Database
from services.database.tables import JobItemRow, JobRow
from services.storage.blobs import TENANT_FOLDERS, BlobStore
from services.storage.owner import result_key

#: Items that one transaction removes at most, so that nobody waits long for it.
_AT_ONCE: Final = 5000


class Removal:
    """Removes jobs that are gone for callers. May be repeated after it died, and run twice at once.

    Args:
        database: Where the rows are.
        store: Where the files are.
    """

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store

    def remove(self, tenant: str, job_id: str) -> None:
        """Remove a job. The files go first, as nobody would find them without the rows.

        Raises:
            StorageUnavailable: The store or the database does not answer; what is left can be removed later.
        """
        for folder in TENANT_FOLDERS:
            self._store.delete([each.key for each in self._store.under(result_key(folder, tenant, job_id))])
        with self._database.reading() as session:
            job = session.get(JobRow, job_id)
        total = 0 if job is None else job.total
        for first in range(0, total, _AT_ONCE):
            numbers = JobItemRow.number.between(first, first + _AT_ONCE - 1)
            self._delete(delete(JobItemRow).where(JobItemRow.job_id == job_id, numbers))
        self._delete(delete(JobRow).where(JobRow.id == job_id, JobRow.tenant == tenant))

    def _delete(self, statement: Delete) -> None:
        with self._database.transaction() as session:
            session.execute(statement)
