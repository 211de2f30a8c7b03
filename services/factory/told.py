"""Trainings as callers are told of them."""

from services.api.common import Blob
from services.api.trainings import StyleTraining, StyleTrainingState
from services.database.tables import StyleTrainingRow
from services.jobs.told import error_told, time_told
from services.storage.blobs import BlobStore
from services.workflow.answer import addressed


def training_told(row: StyleTrainingRow, store: BlobStore) -> StyleTraining:
    """A training.

    Args:
        row: Its own.
        store: Signs the addresses of what can be looked at.
    """
    state = StyleTrainingState(row.state)
    error = None if row.error_code is None else error_told(row.error_code, row.error or "")
    return StyleTraining(
        training_id=row.id, style_id=row.style_id, description=row.description, state=state,
        steps_done=row.steps_done, steps=row.steps, loss=row.loss, rank=row.rank, learning_rate=row.learning_rate,
        batch=row.batch, seed=row.seed, pictures=row.picture_count, attempts=row.attempts,
        create_time=time_told(row.created_s), start_time=time_told(row.began_s), end_time=time_told(row.ended_s),
        retry_time=time_told(row.retry_at_s if state is StyleTrainingState.QUEUED else None),
        expire_time=time_told(row.expires_s), error=error, loss_plot=_addressed(row.loss_plot, store),
        sample_sheet=_addressed(row.sample_sheet, store),
    )  # fmt: skip


def _addressed(stored: str | None, store: BlobStore) -> Blob | None:
    if stored is None:
        return None
    blob = Blob.model_validate_json(stored)
    return addressed(blob, store.sign(blob.key))
