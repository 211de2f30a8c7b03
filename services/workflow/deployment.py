"""The stages behind Serve's handles."""

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from ray import serve
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    RayActorError,
    RayTaskError,
    TaskCancelledError,
    WorkerCrashedError,
)
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RequestCancelledError
from ray.serve.handle import DeploymentHandle

from services.api.common import StageName
from services.common.errors import Cancelled, NotReady, Overloaded, VitrineError
from services.common.metrics import Recorder
from services.common.section import ScalingSettings
from services.common.settings import Settings
from services.generate.schema import AdapterFacts, ExamineRequest, GenerateRequest, GenerateResult, StepDone
from services.postprocess.schema import (
    CutoutRequest,
    CutoutResult,
    DiscardRequest,
    LintRequest,
    LintResult,
    ReportRequest,
    ReportResult,
    RestoreRequest,
    RestoreResult,
)
from services.segment.schema import SegmentRequest, SegmentResult
from services.workflow.readiness import Probe, Readiness
from services.workflow.repeat import RepeatedCall, StageLost
from services.workflow.sleeper import Sleeper
from services.workflow.stages import Pending, Stages

T = TypeVar("T")

#: What a replica returns is known by its deployment's method, not by its handle's type.
Handle = DeploymentHandle[Any]

#: Whoever worked on a call is gone, or held an argument of it that is gone now.
_LOST = (
    RayActorError,
    WorkerCrashedError,
    NodeDiedError,
    ObjectLostError,
    DeploymentUnavailableError,
)


class RemoteResult(Generic[T]):
    """`Pending` over the response of a handle.

    Args:
        response: Serve's `DeploymentResponse`.
    """

    def __init__(self, response: Any) -> None:
        self.reference = response

    def __await__(self) -> Generator[Any, None, T]:
        return self._result().__await__()

    def cancel(self) -> None:
        """Ask the stage to stop."""
        self.reference.cancel()

    async def _result(self) -> T:
        try:
            result: T = await self.reference
        except Exception as error:
            raise _translated(error) from error
        return result


class RemoteWatch(Generic[T]):
    """`Pending` over a handle's stream, whose last item is the result. Needs a running event loop.

    Args:
        stream: Serve's `DeploymentResponseGenerator`, of steps and one result.
        on_step: Told of every step.
    """

    def __init__(self, stream: Any, on_step: Callable[[StepDone], None]) -> None:
        self._stream = stream
        self._following = asyncio.ensure_future(self._followed(on_step))
        # One whose waiter left early would else be reported as never looked at.
        self._following.add_done_callback(lambda done: done.cancelled() or done.exception())

    def __await__(self) -> Generator[Any, None, T]:
        return self._following.__await__()

    @property
    def reference(self) -> T:
        """The result itself: Serve takes no stream as an argument."""
        return self._following.result()

    def cancel(self) -> None:
        """Ask the stage to stop."""
        self._stream.cancel()

    async def _followed(self, on_step: Callable[[StepDone], None]) -> T:
        try:
            async for item in self._stream:
                if not isinstance(item, StepDone):
                    result: T = item
                    return result
                on_step(item)
        except Exception as error:
            raise _translated(error) from error
        raise StageLost("a stage ended without a result; try again", retry_after_s=3)


class RemoteSegment:
    """Segmentation behind a handle.

    Args:
        handle: Of the deployment.
        recorder: Counts calls that were made again.
    """

    def __init__(self, handle: Handle, recorder: Recorder) -> None:
        self._handle = handle
        self._recorder = recorder

    def run(self, request: SegmentRequest) -> Pending[SegmentResult]:
        """Begin."""

        def begin() -> RemoteResult[SegmentResult]:
            return RemoteResult(self._handle.run.remote(request))

        return RepeatedCall(StageName.SEGMENT, begin, request.deadline_s, self._recorder)


class RemoteGenerate:
    """Generation behind a handle.

    Args:
        handle: Of the deployment.
        recorder: Counts calls that were made again.
    """

    def __init__(self, handle: Handle, recorder: Recorder) -> None:
        self._handle = handle
        self._recorder = recorder

    def run(
        self,
        request: GenerateRequest,
        cutout: Pending[SegmentResult] | None = None,
        on_step: Callable[[StepDone], None] | None = None,
    ) -> Pending[GenerateResult]:
        """Begin."""
        inputs = [] if cutout is None else [cutout]
        styles = request.drawing.styles_name if request.drawing else ""

        def begin() -> RemoteResult[GenerateResult] | RemoteWatch[GenerateResult]:
            product = [_reference(each) for each in inputs]
            # A replica that drew with these styles before has them in memory; Serve prefers it while it has room.
            handle = self._handle.options(multiplexed_model_id=styles) if styles else self._handle
            if on_step is None:
                return RemoteResult(handle.run.remote(request, *product))
            return RemoteWatch(handle.options(stream=True).watch.remote(request, *product), on_step)

        return RepeatedCall(StageName.GENERATE, begin, request.deadline_s, self._recorder, inputs)

    def examine(self, request: ExamineRequest) -> Pending[AdapterFacts]:
        """Begin."""

        def begin() -> RemoteResult[AdapterFacts]:
            return RemoteResult(self._handle.examine.remote(request))

        return RepeatedCall(StageName.GENERATE, begin, request.deadline_s, self._recorder)


class RemotePostprocess:
    """Postprocessing behind a handle. Other handles' results travel by reference, straight from stage to stage.

    Args:
        handle: Of the deployment.
        recorder: Counts calls that were made again.
    """

    def __init__(self, handle: Handle, recorder: Recorder) -> None:
        self._handle = handle
        self._recorder = recorder

    def shot(
        self, request: RestoreRequest, cutout: Pending[SegmentResult], scene: Pending[GenerateResult]
    ) -> Pending[RestoreResult]:
        """Begin."""

        def begin() -> RemoteResult[RestoreResult]:
            return RemoteResult(self._handle.shot.remote(request, _reference(cutout), _reference(scene)))

        return RepeatedCall(StageName.POSTPROCESS, begin, request.deadline_s, self._recorder, [cutout, scene])

    def report(
        self, request: ReportRequest, shot: Pending[RestoreResult], seen: Pending[SegmentResult]
    ) -> Pending[ReportResult]:
        """Begin."""

        def begin() -> RemoteResult[ReportResult]:
            return RemoteResult(self._handle.report.remote(request, _reference(shot), _reference(seen)))

        return RepeatedCall(StageName.POSTPROCESS, begin, request.deadline_s, self._recorder, [shot, seen])

    def cutout(
        self, request: CutoutRequest, image: NDArray[np.uint8], cutout: Pending[SegmentResult]
    ) -> Pending[CutoutResult]:
        """Begin."""

        def begin() -> RemoteResult[CutoutResult]:
            return RemoteResult(self._handle.cutout.remote(request, image, _reference(cutout)))

        return RepeatedCall(StageName.POSTPROCESS, begin, request.deadline_s, self._recorder, [cutout])

    def lint(self, request: LintRequest, cutout: Pending[SegmentResult]) -> Pending[LintResult]:
        """Begin."""

        def begin() -> RemoteResult[LintResult]:
            return RemoteResult(self._handle.lint.remote(request, _reference(cutout)))

        return RepeatedCall(StageName.POSTPROCESS, begin, request.deadline_s, self._recorder, [cutout])

    def discard(self, request: DiscardRequest) -> Pending[None]:
        """Begin."""

        def begin() -> RemoteResult[None]:
            return RemoteResult(self._handle.discard.remote(request))

        return RepeatedCall(StageName.POSTPROCESS, begin, request.deadline_s, self._recorder)


def remote_stages(segment: Handle, generate: Handle, postprocess: Handle, recorder: Recorder) -> Stages:
    """All three behind their handles."""
    return Stages(
        RemoteSegment(segment, recorder), RemoteGenerate(generate, recorder), RemotePostprocess(postprocess, recorder)
    )


def remote_readiness(settings: Settings, segment: Handle, generate: Handle, postprocess: Handle) -> Readiness:
    """Whether all three have finished their warm-up and answer, or sleep."""

    def probe(stage: ScalingSettings, handle: Handle) -> Probe:
        def ask() -> RemoteResult[object]:
            return RemoteResult(handle.ready.remote())

        return ask if stage.min_replicas else Sleeper(partial(asyncio.to_thread, _runs, handle), ask)

    return Readiness({
        "segment": probe(settings.segment, segment),
        "generate": probe(settings.generate, generate),
        "postprocess": probe(settings.postprocess, postprocess),
    })  # fmt: skip


def _runs(handle: Handle) -> bool:
    """Whether a replica of the deployment runs.

    Raises:
        NotReady: None runs, and Serve could start none.
    """
    deployment = serve.status().applications[handle.app_name].deployments[handle.deployment_name]
    # Serve gives states by name here and as an enumeration of names there.
    if any(count and state in ("RUNNING", "UPDATING") for state, count in deployment.replica_states.items()):
        return True
    if deployment.status in ("UNHEALTHY", "DEPLOY_FAILED"):
        raise NotReady(f"no replica of {handle.deployment_name} can be started")
    return False


def _reference(pending: Pending[Any]) -> Any:
    """Serve takes its own responses for references, if they are arguments of their own."""
    if not isinstance(pending, RepeatedCall) or not isinstance(pending.current, RemoteResult | RemoteWatch):
        raise TypeError(f"a handle takes results of other handles only, got {type(pending).__name__}")
    return pending.current.reference


def _translated(error: Exception) -> Exception:
    """The one place where Ray's errors become ours; what is unknown stays, and becomes `Internal` at the edge.

    An error of ours arrives as a class made at run time from it and from `RayTaskError`, whose text holds the remote
    stack with address and pid; its cause is the error as it was raised. Serve wraps the loss of a call's argument in
    an error of its own, with the loss as its cause.
    """
    cause = error.cause if isinstance(error, RayTaskError) else error.__cause__
    if isinstance(error, RayTaskError) and isinstance(cause, VitrineError):
        return cause
    if isinstance(error, BackPressureError):
        return Overloaded("a stage's queue is full; try again later", retry_after_s=2)
    if isinstance(error, _LOST) or isinstance(cause, _LOST):
        return StageLost("a stage is being replaced; try again", retry_after_s=3)
    if isinstance(error, RequestCancelledError | TaskCancelledError):
        return Cancelled("the caller left before the work was done")
    return error
