"""HTTP at the edge: decode, call, encode. The same messages as gRPC, as JSON or a form; errors as RFC 9457 problems."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, Protocol, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from services import __version__
from services.api.catalog import ListModelsRequest, ListModelsResponse, ListScenesRequest, ListScenesResponse
from services.api.convert import validated
from services.api.findings import message_of
from services.api.studio import (
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    StreamShotRequest,
    StreamShotResponse,
)
from services.api.usage import GetUsageRequest, GetUsageResponse
from services.common.errors import InvalidInput, NotFound, VitrineError
from services.gateway import openapi, status
from services.gateway.body import BodyReader
from services.gateway.call import Guard, request_id_from
from services.gateway.event_stream import EventStream
from services.gateway.http_calls import REQUEST_ID_HEADER, answered, call_of, guarded
from services.gateway.negotiation import Accepted
from services.gateway.rate_headers import RateHeaders
from services.gateway.schema import Call
from services.gateway.services import Services
from services.gateway.webhook_routes import WebhookRoutes
from services.storage.blobs import StoredBlob
from services.workflow.readiness import Readiness

Answer = TypeVar("Answer", CreateCutoutResponse, CreateShotResponse)


class SignedBlobs(Protocol):
    """A store that signs addresses which lead here, see `LocalBlobs`."""

    def verify(self, key: str, expires: int, signature: str) -> None:
        """Check an address for reading."""

    def verify_upload(self, key: str, media_type: str, size_bytes: int, expires: int, signature: str) -> None:
        """Check an address for writing."""

    def put(self, key: str, data: bytes, media_type: str) -> StoredBlob:
        """Store a file."""


class HttpApi:
    """All routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        readiness: What `/readyz` tells.
        body: Reads the bodies of POST requests.
        blobs: The store whose signed addresses lead here; None where they lead to the store itself.
        heartbeat_s: How often a stream of events says that it lives.
        dialects: Routes that speak as other services do, see `compat/`.
    """

    def __init__(
        self,
        guard: Guard,
        services: Services,
        readiness: Readiness,
        body: BodyReader,
        blobs: SignedBlobs | None,
        heartbeat_s: float,
        dialects: Sequence[APIRouter] = (),
    ) -> None:
        self._guard = guard
        self._services = services
        self._studio = services.studio
        self._catalog = services.catalog
        self._usage = services.usage
        self._readiness = readiness
        self._body = body
        self._blobs = blobs
        self._heartbeat_s = heartbeat_s
        self._dialects = dialects

    def app(self) -> FastAPI:
        """The ASGI application. Its documentation pages load nothing from elsewhere."""
        app = FastAPIOffline(
            title="Vitrine", version=__version__, summary="AI product photography.", redoc_url=None,
            static_url="/docs/assets",
        )  # fmt: skip
        post: dict[str, Any] = {"methods": ["POST"], "tags": ["studio"]}
        app.add_api_route(
            "/v1/cutouts", self.create_cutout, response_model=CreateCutoutResponse, summary="Cut the product out",
            **post, **openapi.picture_route(CreateCutoutRequest),
        )  # fmt: skip
        app.add_api_route(
            "/v1/shots", self.create_shot, response_model=CreateShotResponse, summary="Put the product into a scene",
            **post, **openapi.shot_route(),
        )  # fmt: skip
        app.add_api_route(
            "/v1/scenes", self.list_scenes, response_model=ListScenesResponse, summary="The scenes there are",
            tags=["catalog"], **openapi.page_route(ListScenesRequest),
        )  # fmt: skip
        app.add_api_route(
            "/v1/models", self.list_models, response_model=ListModelsResponse, summary="The models there are",
            tags=["catalog"], **openapi.page_route(ListModelsRequest),
        )  # fmt: skip
        app.add_api_route(
            "/v1/usage", self.get_usage, response_model=GetUsageResponse, summary="What was done for your tenant",
            tags=["usage"], **openapi.page_route(GetUsageRequest),
        )  # fmt: skip
        app.add_api_route(
            "/v1/blobs/{key:path}", self.read_blob, summary="A stored result, by its signed address", tags=["blobs"],
            **openapi.blob_route(),
        )  # fmt: skip
        app.add_api_route(
            "/v1/blobs/{key:path}", self.write_blob, methods=["PUT"], tags=["blobs"],
            summary="Store a file, by an address that was signed for it", **openapi.upload_route(),
        )  # fmt: skip
        app.add_api_route("/healthz", self.live, summary="Does the process answer?", tags=["health"])
        app.add_api_route(
            "/readyz", self.ready, summary="Is every stage warm?", tags=["health"], **openapi.ready_route()
        )
        app.include_router(WebhookRoutes(self._guard, self._services, self._body).router())
        for dialect in self._dialects:
            app.include_router(dialect)
        app.add_exception_handler(VitrineError, _answer_error)
        app.add_exception_handler(HTTPException, _answer_routing_error)
        app.add_exception_handler(RequestValidationError, _answer_validation_error)
        app.add_middleware(RateHeaders)
        openapi.complete(app)
        return app

    async def create_cutout(self, request: Request) -> Response:
        """JSON or multipart in; JSON out, or the picture itself when `Accept` asks for an image."""
        async with self._around("CreateCutout", request) as call:
            accepted = Accepted.of(request.headers.get("accept", ""))
            wanted = accepted.applied(await self._body.read(request, CreateCutoutRequest))
            return await self._answer(await self._studio.create_cutout(wanted, call), accepted, call)

    async def create_shot(self, request: Request) -> Response:
        """JSON or multipart in; out, as `Accept` asks, JSON, the picture itself, or events and then the JSON."""
        accepted = Accepted.of(request.headers.get("accept", ""))
        if accepted.events:
            return EventStream(
                self._stream_shot(request),
                lambda error: status.problem(error, request.state.request_id),
                self._heartbeat_s,
            )
        async with self._around("CreateShot", request) as call:
            wanted = accepted.applied(await self._body.read(request, CreateShotRequest))
            return await self._answer(await self._studio.create_shot(wanted, call), accepted, call)

    async def _stream_shot(self, request: Request) -> AsyncGenerator[StreamShotResponse, None]:
        async with self._around("StreamShot", request) as call:
            asked = validated(StreamShotRequest, dict(request.query_params))
            shot = await self._body.read(request, CreateShotRequest)
            stream = self._studio.stream_shot(asked.model_copy(update={"shot": shot}), call)
            async with aclosing(stream):
                async for each in stream:
                    yield each

    async def list_scenes(self, request: Request) -> Response:
        """Page by page, sorted by id."""
        async with self._around("ListScenes", request):
            return answered(self._catalog.list_scenes(validated(ListScenesRequest, dict(request.query_params))))

    async def list_models(self, request: Request) -> Response:
        """Page by page, sorted by name."""
        async with self._around("ListModels", request):
            return answered(self._catalog.list_models(validated(ListModelsRequest, dict(request.query_params))))

    async def get_usage(self, request: Request) -> Response:
        """By day, with what is left of the quota."""
        async with self._around("GetUsage", request) as call:
            wanted = validated(GetUsageRequest, dict(request.query_params))
            return answered(await self._usage.get_usage(wanted, call))

    async def read_blob(self, request: Request, key: str, expires: int, signature: str) -> Response:
        """Whoever holds the address may read it until it expires."""
        async with self._around("DownloadBlob", request, public=True):
            self._signing().verify(key, expires, signature)
            content, media_type = await self._studio.read_result(key)
            headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
            return Response(content, media_type=media_type, headers=headers)

    async def write_blob(self, request: Request, key: str, expires: int, signature: str) -> Response:
        """Whoever holds the address may write the one file that it was made for, until it expires."""
        async with self._around("UploadBlob", request, public=True):
            media_type, declared = request.headers.get("content-type", ""), request.headers.get("content-length", "")
            if not (declared.isascii() and declared.isdecimal()):
                raise InvalidInput("the body's length is wanted in Content-Length", field="content-length")
            # The server hands on no more than was declared, so what is signed bounds what is read.
            self._signing().verify_upload(key, media_type, int(declared), expires, signature)
            await asyncio.to_thread(self._signing().put, key, await request.body(), media_type)
            return Response()

    def _signing(self) -> SignedBlobs:
        if self._blobs is None:
            raise NotFound("blobs don't lie here; their addresses lead to the store itself")
        return self._blobs

    async def live(self) -> dict[str, str]:
        """The process answers; nothing else is looked at."""
        return {"status": "live"}

    async def ready(self) -> Response:
        """200 once every stage has finished its warm-up and answers, 503 until then."""
        states = await self._readiness.states()
        ready = await self._readiness.ready()
        told = {stage: words for stage, words in self._readiness.told.items() if words}
        return JSONResponse({"ready": ready, "stages": states, "told": told}, 200 if ready else 503)

    def _around(self, method: str, request: Request, *, public: bool = False) -> AbstractAsyncContextManager[Call]:
        return guarded(self._guard, call_of(method, request, public=public), request)

    async def _answer(self, answer: Answer, accepted: Accepted, call: Call) -> Response:
        if not accepted.picture:
            return answered(answer)
        content, media_type = await self._studio.read_own(answer.image.key, call.tenant)
        return Response(content, media_type=media_type, headers=_told_beside(answer))


def _told_beside(answer: Answer) -> dict[str, str]:
    """What the JSON would have told and a picture can't: where it lies, and how it came about."""
    headers = {"Content-Location": answer.image.url, "X-Vitrine-Confidence": f"{answer.confidence:.4f}"}
    if isinstance(answer, CreateShotResponse):
        headers |= {
            "X-Vitrine-Seed": str(answer.seed),
            "X-Vitrine-Recipe-Sha256": answer.recipe_sha256,
            "X-Vitrine-Product-Identical": "true" if answer.preservation.identical else "false",
        }
    return headers


def _problem(request: Request, error: VitrineError, headers: Mapping[str, str] | None = None, **over: Any) -> Response:
    """The error as an answer; `over` replaces members of the problem where HTTP has a status of its own for it."""
    request_id = getattr(request.state, "request_id", None) or request_id_from(request.headers.get(REQUEST_ID_HEADER))
    body = status.problem(error, request_id).model_copy(update=over)
    return JSONResponse(
        body.model_dump(),
        body.status,
        headers={**status.headers(error), **(headers or {})},
        media_type=status.PROBLEM_MEDIA_TYPE,
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, VitrineError):
        raise error
    return _problem(request, error)


async def _answer_routing_error(request: Request, error: Exception) -> Response:
    """Unknown paths and wrong methods, in the same form as every other error."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        refusal = InvalidInput(f"{request.method} is not taken here; allowed is {allowed}", allowed=allowed)
        return _problem(request, refusal, status=405, title="Method Not Allowed", headers={"Allow": allowed})
    return _problem(request, NotFound("there is nothing at this path; see /docs"))


async def _answer_validation_error(request: Request, error: Exception) -> Response:
    """Path and query parameters that FastAPI reads itself."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return _problem(request, InvalidInput(f"{field}: {message_of(first)}", field=field))
