"""The three stages as the workflow sees them, wherever they run: in this process or behind Serve's handles."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

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

T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """A stage's result that may not be there yet.

    Awaited (more than once if need be) it gives the result or raises a `VitrineError`. Handed to the next stage as it
    is, its arrays never pass through the workflow's process.
    """

    def __await__(self) -> Generator[Any, None, T_co]: ...

    def cancel(self) -> Any:
        """Ask the stage to stop; does nothing when it has finished."""


class SegmentStage(Protocol):
    """Cuts products out."""

    def run(self, request: SegmentRequest) -> Pending[SegmentResult]:
        """Begin; the result is awaited later."""


class GenerateStage(Protocol):
    """Makes backgrounds."""

    def run(
        self,
        request: GenerateRequest,
        cutout: Pending[SegmentResult] | None = None,
        on_step: Callable[[StepDone], None] | None = None,
    ) -> Pending[GenerateResult]:
        """Begin; the result is awaited later.

        Args:
            request: What is wanted.
            cutout: The product, where the request has a drawing.
            on_step: Told on the event loop of every step of a drawing.
        """


class ExamineStage(Protocol):
    """Holds styles against the checkpoint."""

    def examine(self, request: ExamineRequest) -> Pending[AdapterFacts]:
        """Begin; the result is awaited later."""


class PostprocessStage(Protocol):
    """Puts products back, measures, writes and stores the pictures."""

    def shot(
        self, request: RestoreRequest, cutout: Pending[SegmentResult], scene: Pending[GenerateResult]
    ) -> Pending[RestoreResult]:
        """Begin a shot."""

    def report(
        self, request: ReportRequest, shot: Pending[RestoreResult], seen: Pending[SegmentResult]
    ) -> Pending[ReportResult]:
        """Begin the full report on a shot, with what segmentation sees in it."""

    def cutout(
        self, request: CutoutRequest, image: NDArray[np.uint8], cutout: Pending[SegmentResult]
    ) -> Pending[CutoutResult]:
        """Begin a cutout."""

    def lint(self, request: LintRequest, cutout: Pending[SegmentResult]) -> Pending[LintResult]:
        """Begin to hold a photo against rules."""

    def discard(self, request: DiscardRequest) -> Pending[None]:
        """Begin to remove what a shot stored."""


@dataclass(frozen=True)
class Stages:
    """One of each."""

    segment: SegmentStage
    generate: GenerateStage
    postprocess: PostprocessStage
