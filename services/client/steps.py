"""What a call asks its surroundings to do: the only things that differ between threads and asyncio.

The calls in `flows.py` are generators that yield these and are sent the outcome, or thrown the `grpc.RpcError`; the two
clients carry them out, each in its own way. So the logic is written once (https://sans-io.readthedocs.io/).
"""

from collections.abc import Awaitable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message as ProtoMessage
from google.protobuf.message_factory import GetMessageClass

from services.api.jobs import Job, JobItem, WatchJobResponse
from services.api.studio import CreateShotResponse, DenoisingStep, StageEvent
from services.api.trainings import StyleTraining

T = TypeVar("T")
#: What streaming calls tell.
ShotEvent = StageEvent | DenoisingStep | CreateShotResponse
#: What calls hand on piece by piece.
Event = ShotEvent | WatchJobResponse | Job | JobItem | StyleTraining

#: Metadata that names the request, the same for all attempts: the service makes it once, and its logs show it as one.
REQUEST_ID_KEY = "request_id"
#: Metadata of a name that a caller chose itself, under which the service makes the request once.
IDEMPOTENCY_KEY = "idempotency-key"


def authorization(api_key: str) -> tuple[tuple[str, str], ...]:
    """Metadata that says who calls; nothing without a key."""
    return (("authorization", f"Bearer {api_key}"),) if api_key else ()


class Method:
    """One RPC, as its descriptor tells it."""

    def __init__(self, descriptor: MethodDescriptor) -> None:
        self._descriptor = descriptor

    @cached_property
    def path(self) -> str:
        """Such as "/vitrine.v1.StudioService/CreateShot"."""
        return f"/{self._descriptor.containing_service.full_name}/{self._descriptor.name}"

    @cached_property
    def response(self) -> type[ProtoMessage]:
        """The class of its answers."""
        return GetMessageClass(self._descriptor.output_type)


class OpenCall(Protocol):
    """A stream that is being received, by a thread or by asyncio."""

    def cancel(self) -> object:
        """Tell the service that nobody wants the rest."""


@dataclass(frozen=True)
class ReadFile:
    """Outcome: the file's bytes."""

    path: Path


@dataclass(frozen=True)
class Call:
    """Make a unary call. Outcome: the answer."""

    method: Method
    request: ProtoMessage
    timeout_s: float
    request_id: str
    key: str = ""

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What names the request."""
        named = ((REQUEST_ID_KEY, self.request_id),)
        return (*named, (IDEMPOTENCY_KEY, self.key)) if self.key else named


@dataclass(frozen=True)
class Open:
    """Begin a call that is answered by a stream. Outcome: the open call."""

    method: Method
    request: ProtoMessage
    timeout_s: float | None
    request_id: str


@dataclass(frozen=True)
class Send:
    """Make a call with a stream of requests. Outcome: the answer."""

    method: Method
    requests: Sequence[ProtoMessage]
    timeout_s: float
    request_id: str


@dataclass(frozen=True)
class Put:
    """Send a file by HTTP. Outcome: the status of the answer; httpx's errors are thrown."""

    url: str
    headers: Mapping[str, str]
    content: bytes
    timeout_s: float


@dataclass(frozen=True)
class Next:
    """Receive on a stream. Outcome: the next message, or None at the end."""

    call: Any  # an OpenCall; how to receive on it differs


@dataclass(frozen=True)
class Pause:
    """Wait. No outcome."""

    seconds: float


@dataclass(frozen=True)
class Emit:
    """Hand an event to the caller of a streaming call. No outcome."""

    event: Event


#: What is asked of the service.
Remote = Call | Open | Send | Next
Step = Remote | ReadFile | Put | Pause | Emit
Flow = Generator[Step, Any, T]


class Run(Protocol):
    """Carries a flow out."""

    def __call__(self, flow: Flow[T]) -> T:
        """What the flow returns."""


class AsyncRun(Protocol):
    """Carries a flow out, for asyncio."""

    def __call__(self, flow: Flow[T]) -> Awaitable[T]:
        """What the flow returns."""


@dataclass(frozen=True)
class Outcome:
    """What came of a step: a value, or the error that a flow may know an answer to."""

    value: Any = None
    error: Exception | None = None

    def resume(self, flow: Flow[Any]) -> Step:
        """Go on with the flow to its next step; `StopIteration` carries its result."""
        return flow.send(self.value) if self.error is None else flow.throw(self.error)
