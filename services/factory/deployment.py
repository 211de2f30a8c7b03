"""The trainer as a Serve deployment."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from ray import serve
from ray.serve import metrics

from services.common.errors import ModelUnavailable
from services.common.logs import configure_logs
from services.common.metrics import MODEL_LOAD_SECONDS, Recorder
from services.common.settings import Settings
from services.database.database import Database
from services.factory.attempt import Attempts
from services.factory.queue import TrainingQueue
from services.factory.sweeper import TrainingSweeper
from services.factory.trainer import Trainer
from services.jobs.rounds import Rounds
from services.jobs.scaling import OLDEST_S, RUNNING
from services.storage.blobs import BlobStore
from services.storage.measured import MeasuredBlobs
from services.storage.store import open_store
from services.styles.registry import StyleRegistry

if TYPE_CHECKING:
    from services.factory.workshop import Workshop

#: What ended trainings leave is removed so often; a round of that may take long; in seconds.
_SWEEP_EVERY_S: Final = 600.0
_STUCK_SWEEP_S: Final = 3600.0


class StyleTrainer:
    """A `Trainer` in a replica, which has its training kept and gives it back when it ends.

    Args:
        settings: The whole tree.

    Raises:
        ModelUnavailable: The checkpoint can't be had, or what trains is not installed.
        StorageUnavailable: The blob store or the database can't be opened.
        ValueError: The database's address is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.observability.log_level, "trainer")
        self._recorder = recorder = Recorder(metrics)
        blobs = open_store(settings)
        with recorder.timing(MODEL_LOAD_SECONDS, stage="trainer"):
            workshop = _workshop(settings, MeasuredBlobs(blobs, recorder))
        database = Database.open(settings.database, settings.data_dir)
        queue = TrainingQueue(settings.training)
        attempts = Attempts(database, queue, workshop, StyleRegistry(blobs, settings.styles))
        self._trainer = Trainer(database, queue, attempts, settings.training, recorder)
        sweeper = TrainingSweeper(database, queue, workshop)
        self._sweeps = Rounds("sweep", partial(asyncio.to_thread, sweeper.sweep), _SWEEP_EVERY_S, _STUCK_SWEEP_S)
        self._trainer.start()
        self._sweeps.start()

    async def wake(self) -> None:
        """See `Trainer.wake`."""
        self._trainer.wake()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Asked by Serve every few seconds, for `BacklogPolicy`."""
        backlog = self._trainer.backlog
        return {OLDEST_S: backlog.oldest_s, RUNNING: float(backlog.running)}

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `Trainer.check`."""
        self._trainer.check()
        self._sweeps.check()
        self._recorder.repeat()

    async def __del__(self) -> None:
        """Awaited by Serve before it ends the replica."""
        await self._sweeps.stop(patience_s=0)
        await self._trainer.drain()


def _workshop(settings: Settings, store: BlobStore) -> "Workshop":
    try:
        # Whoever binds this deployment does without torch.
        from services.factory.factory import StyleFactory  # noqa: PLC0415 - see above
        from services.factory.workshop import Workshop  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        raise ModelUnavailable(
            f"training needs the extra 'train': pip install 'vitrine[train]' ({error.name})"
        ) from error
    return Workshop(StyleFactory.open(settings), store, settings.limits.image, settings.training.sample_steps)


TrainerDeployment = serve.deployment(name="Trainer")(StyleTrainer)
