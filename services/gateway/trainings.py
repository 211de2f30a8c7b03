"""TrainingService without a transport."""

import asyncio
from collections.abc import Callable
from typing import Final

from services.api.trainings import (
    CancelStyleTrainingRequest,
    CancelStyleTrainingResponse,
    CreateStyleTrainingRequest,
    CreateStyleTrainingResponse,
    GetStyleTrainingRequest,
    GetStyleTrainingResponse,
    ListStyleTrainingsRequest,
    ListStyleTrainingsResponse,
    StyleTraining,
)
from services.database.database import Database
from services.database.tables import StyleTrainingRow
from services.factory.intake import TrainingIntake, digest_of
from services.factory.register import TrainingRegister
from services.factory.told import training_told
from services.gateway.creations import require_key, to_its_end
from services.gateway.schema import Call
from services.storage.blobs import BlobStore

#: Requests whose pictures are looked at at once, as each picture is decoded whole; others wait.
AT_ONCE: Final = 1


class Trainings:
    """Answers TrainingService's requests, each for the call's tenant alone. All raise `StorageUnavailable` when the
    database or the store does not answer, and `NotFound` for a training that is not the tenant's.

    Args:
        database: Where trainings are.
        register: Keeps them.
        intake: Checks what is asked for.
        store: Signs addresses.
        wake: Tells a trainer that something is new or is to stop; returns at once.
    """

    def __init__(
        self,
        database: Database,
        register: TrainingRegister,
        intake: TrainingIntake,
        store: BlobStore,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._register = register
        self._intake = intake
        self._store = store
        self._wake = wake
        self._places = asyncio.Semaphore(AT_ONCE)

    async def create_style_training(
        self, request: CreateStyleTrainingRequest, call: Call
    ) -> CreateStyleTrainingResponse:
        """Have a style trained. Nothing is there before all of the request was found to be in order.

        Raises:
            InvalidInput, Conflict, TooLarge, UnsupportedMedia: See `TrainingIntake.checked`; or nobody trains here.
            Conflict, Overloaded: See `TrainingRegister.create`.
        """
        self._intake.require_trainers()
        require_key(call.idempotency_key)
        key, tenant, digest = call.idempotency_key, call.tenant, digest_of(request)
        row = await self._database.read(lambda session: self._register.known(session, tenant, key, digest))
        if row is None:
            async with self._places:
                new = await asyncio.to_thread(self._intake.checked, request, tenant, key)
            row = await to_its_end(self._database.run(lambda session: self._register.create(session, tenant, new)))
            self._wake()
        return CreateStyleTrainingResponse(training=await self._told(row))

    async def get_style_training(self, request: GetStyleTrainingRequest, call: Call) -> GetStyleTrainingResponse:
        """A training as it is now."""
        row = await self._database.read(lambda session: self._register.one(session, call.tenant, request.training_id))
        return GetStyleTrainingResponse(training=await self._told(row))

    async def list_style_trainings(self, request: ListStyleTrainingsRequest, call: Call) -> ListStyleTrainingsResponse:
        """Page by page, the newest first.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        rows, token = await self._database.read(lambda session: self._register.page(session, call.tenant, request))
        told = await asyncio.to_thread(lambda: [training_told(row, self._store) for row in rows])
        return ListStyleTrainingsResponse(trainings=told, next_page_token=token)

    async def cancel_style_training(
        self, request: CancelStyleTrainingRequest, call: Call
    ) -> CancelStyleTrainingResponse:
        """End a training.

        Raises:
            WrongState: It has succeeded or failed.
        """
        row = await to_its_end(
            self._database.run(lambda session: self._register.cancel(session, call.tenant, request.training_id))
        )
        self._wake()
        return CancelStyleTrainingResponse(training=await self._told(row))

    async def _told(self, row: StyleTrainingRow) -> StyleTraining:
        """In a thread, as a bucket's signatures take a while."""
        return await asyncio.to_thread(training_told, row, self._store)
