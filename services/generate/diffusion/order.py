"""What a caller asks the denoising loop for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from services.common.deadline import Deadline
from services.generate.diffusion.request import SampleRequest
from services.generate.schema import StepDone


class Priority(IntEnum):
    """Who goes first. BULK gets places that nobody else wants, and a step now and then (`LoopLimits.ageing_s`)."""

    INTERACTIVE = 0
    BULK = 1


@dataclass(frozen=True, eq=False)
class Order:
    """One picture to make, and how its caller wants to be served.

    Args:
        request: What to draw.
        deadline: When to give up, and whether the caller has left.
        priority: Who goes first.
        deterministic: Never share a batch, so that the bytes repeat on the same machine; costs the others their batch.
        preview_every: Steps between previews; 0 = none.
        on_step: Called after each step, in the loop's thread, so it must be quick and hand over to its own.
        request_id: For the logs.
    """

    request: SampleRequest
    deadline: Deadline = field(default_factory=Deadline)
    priority: Priority = Priority.INTERACTIVE
    deterministic: bool = False
    preview_every: int = 0
    on_step: Callable[[StepDone], None] | None = None
    request_id: str = ""

    def __post_init__(self) -> None:
        if self.preview_every < 0:
            raise ValueError(f"preview_every is {self.preview_every}; wanted is 0 (none) or more")
