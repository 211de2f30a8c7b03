"""A workflow whose backgrounds seem to be drawn step by step, for tests of what tells of the steps."""

from services.api.common import StageName
from services.api.studio import DenoisingStep, StageEvent, StageState
from services.workflow.events import nobody_listens
from services.workflow.shot import ShotWorkflow

PREVIEW = b"\xff\xd8 a small picture"


class SteppingWorkflow(ShotWorkflow):
    """Tells the request's steps as soon as generation has started."""

    async def shot(
        self, request, request_id="", deadline=None, listener=nobody_listens, tenant="", preview_every=0
    ):  # fmt: skip
        attempts = 0

        def told(event):
            nonlocal attempts
            listener(event)
            if isinstance(event, StageEvent) and (event.stage, event.state) == (
                StageName.GENERATE,
                StageState.STARTED,
            ):
                attempts += 1
                for step in range(1, request.steps + 1):
                    preview = PREVIEW if preview_every and step % preview_every == 0 else b""
                    listener(DenoisingStep(step=step, steps=request.steps, preview=preview, attempt=attempts))

        return await super().shot(request, request_id, deadline, told, tenant)
