"""The client for threads and scripts."""

import time
from collections.abc import Generator, Iterator
from typing import Any, Self, TypeVar, Unpack, assert_never

import grpc
import httpx

from services.api.catalog import Model, Scene
from services.api.lint import LintPhotoResponse, RuleSet
from services.api.studio import CreateCutoutResponse, CreateShotResponse
from services.client.channel import OPTIONS
from services.client.flows import Flows, Health
from services.client.job_calls import Jobs
from services.client.jobs import JobFlows
from services.client.options import CutoutOptions, LintOptions, Photo, ShotOptions, StreamOptions
from services.client.steps import (
    REQUEST_ID_KEY,
    Call,
    Emit,
    Event,
    Flow,
    Next,
    Open,
    Outcome,
    Pause,
    Put,
    ReadFile,
    Remote,
    Send,
    ShotEvent,
    Step,
    authorization,
)
from services.client.styles import StyleFlows, Styles
from services.client.trainings import TrainingFlows, Trainings
from services.client.webhooks import WebhookFlows, Webhooks

T = TypeVar("T")


class Vitrine:
    """A connection to one service; any number of threads may use it at once. Close it, or use it in a `with`.

    Every call raises the errors of `services.common.errors`. Those that may pass (`Overloaded`, `NotReady`,
    `StorageUnavailable`, `ModelUnavailable`) are tried again first, within the call's time.

    Args:
        address: Host and port of the gRPC endpoint.
        timeout_s: For calls that name none, all attempts together, in seconds.
        max_attempts: How often a call is made at most.
        api_key: Says who calls; a caller on the service's own machine mostly needs none.
        credentials: For TLS, where something before the service ends it; None: plain text.

    Attributes:
        jobs: Many photos by one recipe.
        styles: LoRA adapters that pictures are drawn with.
        trainings: Styles that the service trains.
        webhooks: Addresses that are told of events.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:9000",
        *,
        timeout_s: float = 120.0,
        max_attempts: int = 5,
        api_key: str = "",
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._flows = Flows(address, timeout_s, max_attempts)
        self.webhooks = Webhooks(WebhookFlows(address, timeout_s, max_attempts), self._run)
        job_flows = JobFlows(address, timeout_s, max_attempts)
        self.jobs = Jobs(job_flows, self._run, self._told, self.read_blob)
        self.styles = Styles(StyleFlows(address, timeout_s, max_attempts, job_flows.upload), self._run)
        training_flows = TrainingFlows(address, timeout_s, max_attempts, job_flows.upload)
        self.trainings = Trainings(training_flows, self._run, self._told)
        self._metadata = authorization(api_key)
        if credentials is None:
            self._channel = grpc.insecure_channel(address, OPTIONS)
        else:
            self._channel = grpc.secure_channel(address, credentials, OPTIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        self._channel.close()

    def cutout(self, image: Photo, **options: Unpack[CutoutOptions]) -> CreateCutoutResponse:
        """Cut the product out of its photo; the picture is in `image.content`."""
        return self._run(self._flows.cutout(image, options))

    def shot(self, image: Photo, scene: str, **options: Unpack[ShotOptions]) -> CreateShotResponse:
        """Put the product into a scene; the picture is in `image.content`."""
        return self._run(self._flows.shot(image, scene, options))

    def stream_shot(self, image: Photo, scene: str, **options: Unpack[StreamOptions]) -> Iterator[ShotEvent]:
        """The same, told stage by stage and step by step; the result comes last.

        Leaving the loop early stops the work.
        """
        return self._told(self._flows.stream_shot(image, scene, options))

    def lint(self, image: Photo, rule_set: str, **options: Unpack[LintOptions]) -> LintPhotoResponse:
        """Hold a photo against a marketplace's rules; a picture that a fix made is in `fix.image.content`."""
        return self._run(self._flows.lint(image, rule_set, options))

    def read_blob(self, key: str, *, timeout_s: float | None = None) -> bytes:
        """Fetch a stored file by the key in its `Blob`."""
        return self._run(self._flows.read_blob(key, timeout_s))

    def scenes(self) -> list[Scene]:
        """The scenes that a product can be put into."""
        return self._run(self._flows.scenes())

    def rule_sets(self) -> list[RuleSet]:
        """The rules of marketplaces that a photo can be held against."""
        return self._run(self._flows.rule_sets())

    def models(self) -> list[Model]:
        """The weights and panoramas that the service runs on."""
        return self._run(self._flows.models())

    def health(self) -> Health:
        """What the service says of itself, asked once. Raises `NotReady` when nobody answers."""
        return self._run(self._flows.health())

    def wait_ready(self, timeout_s: float = 120.0) -> None:
        """Return once the service is ready for work. Raises `NotReady` after `timeout_s` seconds."""
        self._run(self._flows.wait_ready(timeout_s))

    def _run(self, flow: Flow[T]) -> T:
        steps = self._steps(flow)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                result: T = stop.value
                return result

    def _told(self, flow: Flow[None]) -> Iterator[Any]:
        """What a flow emits."""
        return self._steps(flow)

    def _steps(self, flow: Flow[T]) -> Generator[Event, None, T]:
        """Carry a flow out; yields what it emits, returns what it returns."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Emit):
                    yield step.event
                step = self._outcome(step).resume(flow)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    def _outcome(self, step: Step) -> Outcome:
        try:
            return Outcome(self._perform(step))
        except (grpc.RpcError, httpx.HTTPError, OSError) as error:
            return Outcome(error=error)

    def _perform(self, step: Step) -> Any:
        match step:
            case ReadFile(path):
                return path.read_bytes()
            case Put(url, headers, content, timeout_s):
                return httpx.put(url, headers=headers, content=content, timeout=timeout_s).status_code
            case Pause(seconds):
                return time.sleep(seconds)
            case Emit():
                return None
            case _:
                return self._ask(step)

    def _ask(self, step: Remote) -> Any:
        match step:
            case Call(method, request, timeout_s):
                return self._channel.unary_unary(
                    method.path, type(request).SerializeToString, method.response.FromString
                )(request, timeout=timeout_s, metadata=(*self._metadata, *step.metadata))
            case Send(method, requests, timeout_s, request_id):
                return self._channel.stream_unary(
                    method.path, type(requests[0]).SerializeToString, method.response.FromString
                )(iter(requests), timeout=timeout_s, metadata=(*self._metadata, (REQUEST_ID_KEY, request_id)))
            case Open(method, request, timeout_s, request_id):
                return self._channel.unary_stream(
                    method.path, type(request).SerializeToString, method.response.FromString
                )(request, timeout=timeout_s, metadata=(*self._metadata, (REQUEST_ID_KEY, request_id)))
            case Next(call):
                return next(call, None)
            case _:
                assert_never(step)
