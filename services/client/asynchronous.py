"""The client for asyncio."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Self, TypeVar, Unpack, assert_never

import grpc
import grpc.aio
import httpx

from services.api.catalog import Model, Scene
from services.api.lint import LintPhotoResponse, RuleSet
from services.api.studio import CreateCutoutResponse, CreateShotResponse
from services.client.channel import OPTIONS
from services.client.flows import Flows, Health
from services.client.job_calls import AsyncJobs
from services.client.jobs import JobFlows
from services.client.options import CutoutOptions, LintOptions, Photo, ShotOptions, StreamOptions
from services.client.steps import (
    REQUEST_ID_KEY,
    Call,
    Emit,
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
from services.client.styles import AsyncStyles, StyleFlows
from services.client.trainings import AsyncTrainings, TrainingFlows
from services.client.webhooks import AsyncWebhooks, WebhookFlows

T = TypeVar("T")


class AsyncVitrine:
    """`Vitrine` for asyncio: the same calls, arguments, results and errors. Made inside a running loop.

    Args:
        address: Host and port of the gRPC endpoint.
        timeout_s: For calls that name none, all attempts together, in seconds.
        max_attempts: How often a call is made at most.
        api_key: Says who calls; a caller on the service's own machine mostly needs none.
        credentials: For TLS, where something before the service ends it; None: plain text.
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
        self.webhooks = AsyncWebhooks(WebhookFlows(address, timeout_s, max_attempts), self._run)
        job_flows = JobFlows(address, timeout_s, max_attempts)
        self.jobs = AsyncJobs(job_flows, self._run, self._stream, self.read_blob)
        self.styles = AsyncStyles(StyleFlows(address, timeout_s, max_attempts, job_flows.upload), self._run)
        training_flows = TrainingFlows(address, timeout_s, max_attempts, job_flows.upload)
        self.trainings = AsyncTrainings(training_flows, self._run, self._stream)
        self._metadata = authorization(api_key)
        if credentials is None:
            self._channel = grpc.aio.insecure_channel(address, OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(address, credentials, OPTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        await self._channel.close(None)

    async def cutout(self, image: Photo, **options: Unpack[CutoutOptions]) -> CreateCutoutResponse:
        """Cut the product out of its photo; the picture is in `image.content`."""
        return await self._run(self._flows.cutout(image, options))

    async def shot(self, image: Photo, scene: str, **options: Unpack[ShotOptions]) -> CreateShotResponse:
        """Put the product into a scene; the picture is in `image.content`."""
        return await self._run(self._flows.shot(image, scene, options))

    def stream_shot(self, image: Photo, scene: str, **options: Unpack[StreamOptions]) -> AsyncIterator[ShotEvent]:
        """The same, told stage by stage and step by step; the result comes last.

        Closing the iterator early stops the work.
        """
        return self._stream(self._flows.stream_shot(image, scene, options))

    async def lint(self, image: Photo, rule_set: str, **options: Unpack[LintOptions]) -> LintPhotoResponse:
        """Hold a photo against a marketplace's rules; a picture that a fix made is in `fix.image.content`."""
        return await self._run(self._flows.lint(image, rule_set, options))

    async def read_blob(self, key: str, *, timeout_s: float | None = None) -> bytes:
        """Fetch a stored file by the key in its `Blob`."""
        return await self._run(self._flows.read_blob(key, timeout_s))

    async def scenes(self) -> list[Scene]:
        """The scenes that a product can be put into."""
        return await self._run(self._flows.scenes())

    async def rule_sets(self) -> list[RuleSet]:
        """The rules of marketplaces that a photo can be held against."""
        return await self._run(self._flows.rule_sets())

    async def models(self) -> list[Model]:
        """The weights and panoramas that the service runs on."""
        return await self._run(self._flows.models())

    async def health(self) -> Health:
        """What the service says of itself, asked once. Raises `NotReady` when nobody answers."""
        return await self._run(self._flows.health())

    async def wait_ready(self, timeout_s: float = 120.0) -> None:
        """Return once the service is ready for work. Raises `NotReady` after `timeout_s` seconds."""
        await self._run(self._flows.wait_ready(timeout_s))

    async def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = (await self._outcome(step)).resume(flow)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    async def _stream(self, flow: Flow[None]) -> AsyncGenerator[Any, None]:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Emit):
                    yield step.event
                step = (await self._outcome(step)).resume(flow)
        except StopIteration:
            return
        finally:
            flow.close()

    async def _outcome(self, step: Step) -> Outcome:
        try:
            return Outcome(await self._perform(step))
        except (grpc.RpcError, httpx.HTTPError, OSError) as error:
            return Outcome(error=error)

    async def _perform(self, step: Step) -> Any:
        match step:
            case ReadFile(path):
                return await asyncio.to_thread(path.read_bytes)
            case Put(url, headers, content, timeout_s):
                async with httpx.AsyncClient(timeout=timeout_s) as http:
                    return (await http.put(url, headers=headers, content=content)).status_code
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Emit():
                return None
            case _:
                return await self._ask(step)

    async def _ask(self, step: Remote) -> Any:
        match step:
            case Call(method, request, timeout_s):
                return await self._channel.unary_unary(
                    method.path, type(request).SerializeToString, method.response.FromString
                )(request, timeout=timeout_s, metadata=(*self._metadata, *step.metadata))
            case Send(method, requests, timeout_s, request_id):
                return await self._channel.stream_unary(
                    method.path, type(requests[0]).SerializeToString, method.response.FromString
                )(iter(requests), timeout=timeout_s, metadata=(*self._metadata, (REQUEST_ID_KEY, request_id)))
            case Open(method, request, timeout_s, request_id):
                return self._channel.unary_stream(
                    method.path, type(request).SerializeToString, method.response.FromString
                )(request, timeout=timeout_s, metadata=(*self._metadata, (REQUEST_ID_KEY, request_id)))
            case Next(call):
                message = await call.read()
                return None if message is grpc.aio.EOF else message  # type: ignore[attr-defined] # the stubs lack it
            case _:
                assert_never(step)
