"""The stages behind Serve's handles."""

from collections.abc import Generator
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from ray.exceptions import RayActorError, RayTaskError, TaskCancelledError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RequestCancelledError
from ray.serve.handle import DeploymentHandle

from services.common.errors import Cancelled, NotReady, Overloaded, VitrineError
from services.generate.schema import GenerateRequest, GenerateResult
from services.postprocess.schema import CutoutRequest, CutoutResult, RestoreRequest, RestoreResult
from services.segment.schema import SegmentRequest, SegmentResult
from services.workflow.stages import Pending

T = TypeVar("T")

#: What a replica returns is known by its deployment's method, not by its handle's type.
Handle = DeploymentHandle[Any]


class RemoteResult(Generic[T]):
    """`Pending` over the response of a handle.

    Args:
        response: Serve's `DeploymentResponse`.
    """

    def __init__(self, response: Any) -> None:
        self.response = response

    def __await__(self) -> Generator[Any, None, T]:
        return self._result().__await__()

    def cancel(self) -> None:
        """Ask the stage to stop."""
        self.response.cancel()

    async def _result(self) -> T:
        try:
            result: T = await self.response
        except Exception as error:
            raise _translated(error) from error
        return result


class RemoteSegment:
    """Segmentation behind a handle."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def run(self, request: SegmentRequest) -> Pending[SegmentResult]:
        """Begin."""
        return RemoteResult(self._handle.run.remote(request))


class RemoteGenerate:
    """Generation behind a handle."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def run(self, request: GenerateRequest) -> Pending[GenerateResult]:
        """Begin."""
        return RemoteResult(self._handle.run.remote(request))


class RemotePostprocess:
    """Postprocessing behind a handle. Other handles' results travel by reference, straight from stage to stage."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def shot(
        self, request: RestoreRequest, cutout: Pending[SegmentResult], scene: Pending[GenerateResult]
    ) -> Pending[RestoreResult]:
        """Begin."""
        return RemoteResult(self._handle.shot.remote(request, _reference(cutout), _reference(scene)))

    def cutout(
        self, request: CutoutRequest, image: NDArray[np.uint8], cutout: Pending[SegmentResult]
    ) -> Pending[CutoutResult]:
        """Begin."""
        return RemoteResult(self._handle.cutout.remote(request, image, _reference(cutout)))


def _reference(pending: Pending[Any]) -> Any:
    """Serve takes its own responses for references, if they are arguments of their own."""
    if not isinstance(pending, RemoteResult):
        raise TypeError(f"a handle takes results of other handles only, got {type(pending).__name__}")
    return pending.response


def _translated(error: Exception) -> Exception:
    """The one place where Ray's errors become ours; what is unknown stays, and becomes `Internal` at the edge.

    An error of ours arrives as a class made at run time from it and from `RayTaskError`, whose text holds the remote
    stack with address and pid; its cause is the error as it was raised.
    """
    if isinstance(error, RayTaskError) and isinstance(error.cause, VitrineError):
        return error.cause
    if isinstance(error, BackPressureError):
        return Overloaded("a stage's queue is full; try again later", retry_after_s=2)
    if isinstance(error, DeploymentUnavailableError | RayActorError):
        return NotReady("a stage is being replaced; try again", retry_after_s=3)
    if isinstance(error, RequestCancelledError | TaskCancelledError):
        return Cancelled("the caller left before the work was done")
    return error
