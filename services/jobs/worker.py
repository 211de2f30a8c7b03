"""Makes the picture of one item, through the same walk as calls that somebody waits for."""

import asyncio
from collections.abc import Callable
from functools import partial

from services.api.lint import LintPhotoRequest
from services.api.photo import PhotoResponse
from services.api.studio import CreateShotRequest
from services.common.deadline import Deadline
from services.common.errors import Internal, VitrineError
from services.common.logs import logger, request_context
from services.jobs.errand import Errand
from services.jobs.recipe import request_of
from services.jobs.schema import Outcome, Task
from services.storage.blobs import BlobStore
from services.tenants.usage import Work
from services.tenants.workload import work_of
from services.workflow.answer import blobs_of
from services.workflow.content import ContentGuard
from services.workflow.shot import ShotWorkflow


class Worker:
    """Does what a task says.

    Args:
        workflow: Makes pictures.
        errand: A new way to the stages.
        content: Looks at photos and pictures.
        store: Where pictures lie.
        patience_s: What an item may wait for others in all comes on top of its request's time, in seconds.
    """

    def __init__(
        self,
        workflow: ShotWorkflow,
        errand: Callable[[], Errand],
        content: ContentGuard,
        store: BlobStore,
        patience_s: float,
    ) -> None:
        self._workflow = workflow
        self._errand = errand
        self._content = content
        self._store = store
        self._patience_s = patience_s

    async def outcome(self, task: Task) -> Outcome:
        """What became of a task; raises nothing but `CancelledError`, whose calls to stages were cancelled then."""
        errand = self._errand()
        with request_context(task.folder, tenant=task.tenant, job=task.job_id, item=task.number):
            try:
                return await self._made(task, self._workflow.through(errand.stages))
            except VitrineError as error:
                failed = error
            except Exception:  # noqa: BLE001 - whatever it is, the other items go on
                logger().exception("an item's attempt failed")
                failed = Internal("something went wrong here; job and item find it in the logs")
        return Outcome(task, error=failed, work=Work(stage_s=dict(errand.spent_s)))

    async def discard(self, answer: PhotoResponse) -> None:
        """Remove the files of an answer that does not count; what can't be removed is the sweeper's."""
        try:
            await asyncio.to_thread(self._store.delete, [blob.key for blob in blobs_of(answer)])
        except VitrineError as error:
            logger().warning("files of an item that was taken over could not be removed", error=error.message)

    async def _made(self, task: Task, workflow: ShotWorkflow) -> Outcome:
        request = request_of(task)
        at_s = workflow.deadline(request.timeout).at_s
        deadline = Deadline(None if at_s is None else at_s + self._patience_s)

        answer: PhotoResponse
        if isinstance(request, CreateShotRequest):
            shot = partial(workflow.shot, request, task.folder, deadline, tenant=task.tenant)
            answer = await self._content.around(task.content_policy, lambda look: shot(look=look))
        elif isinstance(request, LintPhotoRequest):
            lint = partial(workflow.lint, request, task.folder, deadline, task.tenant)
            answer = await self._content.around(task.content_policy, lint)
        else:
            cutout = partial(workflow.cutout, request, task.folder, deadline, task.tenant)
            answer = await self._content.around(task.content_policy, cutout)
        return Outcome(task, answer, work=work_of(request, answer))
