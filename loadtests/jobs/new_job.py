"""Jobs to measure with, put into the store as the gateway would."""

import json
from typing import Any

from services.common.settings import Settings
from services.common.tenant import LOCAL_TENANT
from services.database.database import Database
from services.jobs.entry import MAX_ADDED, Entry
from services.jobs.moves import Moves
from services.jobs.schema import Method, NewItem, NewJob
from services.storage.store import open_store


def new_job(
    settings: Settings, database: Database, method: Method, recipe: dict[str, Any], photo: bytes, items: int
) -> str:
    """A job of the local tenant.

    Args:
        settings: Of the service.
        database: The service's, open.
        method, recipe: What is done with every photo.
        photo: The file, the same for all items.
        items: How many.

    Returns:
        Its id.
    """
    key = open_store(settings).put(f"shots/{LOCAL_TENANT}/photo", photo, "application/octet-stream").key
    moves = Moves()
    entry = Entry(moves, settings.jobs)
    new = NewJob(method, json.dumps(recipe), bytes(32))
    with database.transaction() as session:
        job_id = entry.begin(session, LOCAL_TENANT, new).id
    for begun in range(0, items, MAX_ADDED):
        some = [NewItem("", json.dumps({"blob_key": key}))] * min(MAX_ADDED, items - begun)
        with database.transaction() as session:
            moves.share(session, LOCAL_TENANT)
            entry.add(session, moves.job(session, LOCAL_TENANT, job_id), some)
    with database.transaction() as session:
        moves.share(session, LOCAL_TENANT)
        entry.finish(session, moves.job(session, LOCAL_TENANT, job_id), new)
    return job_id
