"""The dispatcher as a Serve deployment; beside it, what sweeps up after jobs and what sends webhooks."""

import asyncio
from functools import partial
from typing import Final

from ray import serve
from ray.serve import metrics

from services.common.errors import NotReady
from services.common.logs import configure_logs
from services.common.metrics import Recorder
from services.common.settings import Settings
from services.database.database import Database
from services.fetch.sources import Sources
from services.generate.scene import SceneCatalog
from services.jobs.claimant import Claimant
from services.jobs.courtesy import Courtesy
from services.jobs.dispatcher import Dispatcher
from services.jobs.errand import Errand
from services.jobs.harvest import Harvest
from services.jobs.moves import Moves
from services.jobs.queue import Queue
from services.jobs.rounds import Rounds
from services.jobs.scaling import OLDEST_S, RUNNING
from services.jobs.sweeper import JobSweeper
from services.jobs.worker import Worker
from services.storage.blobs import BlobStore
from services.storage.measured import MeasuredBlobs
from services.storage.store import open_store
from services.styles.registry import StyleRegistry
from services.tenants.accounts import Accounts
from services.tenants.claims import Claims
from services.tenants.content import ContentPolicy
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger
from services.tenants.workload import TenantMetrics
from services.webhooks.courier import Courier
from services.webhooks.outbox import Outbox
from services.workflow.content import ContentGuard
from services.workflow.deployment import Handle, remote_readiness, remote_stages
from services.workflow.shot import ShotWorkflow
from services.workflow.stages import Stages

#: Calls that an item makes to stages, each of which it may let others go before: its time is longer by that.
_CALLS: Final = 3
#: What jobs leave behind is removed so often; a round of that may take long, as it may find many files; in seconds.
_SWEEP_EVERY_S: Final = 60.0
_STUCK_SWEEP_S: Final = 3600.0
#: Messages under way get so long when the replica ends, in seconds; others send again what is not known to have come.
_LAST_S: Final = 1.0


class JobDispatcher:
    """A `Dispatcher` in a replica, which begins when the stages answer and gives back what it has when it ends.

    Args:
        settings: The whole tree.
        segment, generate, postprocess: Handles of the stages.

    Raises:
        StorageUnavailable: The blob store or the database can't be opened.
        ValueError: The operator's scenes or rule sets can't be read, a threshold of theirs is out of its range, or the
            database's address is wrong.
    """

    def __init__(self, settings: Settings, segment: Handle, generate: Handle, postprocess: Handle) -> None:
        configure_logs(settings.observability.log_level, "dispatcher")
        self._recorder = recorder = Recorder(metrics)
        blobs = open_store(settings)
        store = MeasuredBlobs(blobs, recorder)
        styles = StyleRegistry(blobs, settings.styles)
        database = Database.open(settings.database, settings.data_dir)
        moves, tenants = Moves(Outbox()), settings.tenants
        queue = Queue(moves, Accounts(tenants), Quotas(tenants.quota_period), UsageLedger(), settings.jobs)
        claimant = Claimant(database, queue)
        stages = remote_stages(segment, generate, postprocess, recorder)
        worker = _worker(settings, stages, database, store, styles, recorder)
        self._dispatcher = Dispatcher(
            claimant,
            worker.outcome,
            Harvest(claimant, worker.discard, recorder, TenantMetrics(recorder, tenants.metric_tenants)),
            settings.jobs,
            recorder,
            remote_readiness(settings, segment, generate, postprocess).ready,
            stuck_after_s=2 * settings.limits.max_timeout_s,
        )
        sweeper = JobSweeper(database, moves, store)
        self._sweeps = Rounds("sweep", partial(asyncio.to_thread, sweeper.sweep), _SWEEP_EVERY_S, _STUCK_SWEEP_S)
        self._stopping = asyncio.Event()
        self._courier = asyncio.create_task(Courier(database, settings.jobs.webhooks, recorder).run(self._stopping))
        self._dispatcher.start()
        self._sweeps.start()

    async def wake(self) -> None:
        """See `Dispatcher.wake`."""
        self._dispatcher.wake()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Asked by Serve every few seconds, for `BacklogPolicy`."""
        backlog = self._dispatcher.backlog
        return {OLDEST_S: backlog.oldest_s, RUNNING: float(backlog.running)}

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `Dispatcher.check`."""
        self._dispatcher.check()
        self._sweeps.check()
        if self._courier.done():
            raise NotReady("nobody sends webhooks any more")
        self._recorder.repeat()

    async def __del__(self) -> None:
        """Awaited by Serve before it ends the replica."""
        self._stopping.set()
        await self._sweeps.stop(patience_s=0)
        await self._dispatcher.drain()
        await asyncio.wait([self._courier], timeout=_LAST_S)


def _worker(
    settings: Settings, stages: Stages, database: Database, store: BlobStore, styles: StyleRegistry, recorder: Recorder
) -> Worker:
    """Makes pictures as the gateway does, but behind calls that somebody waits for."""
    jobs, tenants = settings.jobs, settings.tenants
    others_wait = partial(database.read, Claims(tenants.lease_s, tenants.idempotency_s).any_at_work)
    courtesy = Courtesy(others_wait, jobs.yield_s, recorder, jobs.at_stage)
    return Worker(
        ShotWorkflow.open(
            settings,
            stages,
            SceneCatalog.open(settings.generate.scenes_dir),
            Sources.open(settings, store),
            recorder,
            styles,
        ),
        lambda: Errand(stages, courtesy),
        ContentGuard(ContentPolicy(tenants.content_threshold), store),
        store,
        patience_s=_CALLS * jobs.yield_s,
    )


DispatcherDeployment = serve.deployment(name="Dispatcher")(JobDispatcher)
