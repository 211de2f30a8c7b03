"""StudioService over HTTP: the answer as JSON, the picture itself, its progress, or a job to come back to."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response

from services.api.studio import (
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    StreamShotRequest,
)
from services.gateway import openapi, status
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.event_stream import EventStream, ServerEvent
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.later import Later
from services.gateway.negotiation import Accepted
from services.gateway.preference import prefers_async
from services.gateway.schema import Call
from services.gateway.services import Services

Answer = TypeVar("Answer", CreateCutoutResponse, CreateShotResponse)


class StudioRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        body: Reads bodies.
        heartbeat_s: How often a stream of events says that it lives.
    """

    def __init__(self, guard: Guard, services: Services, body: BodyReader, heartbeat_s: float) -> None:
        self._guard = guard
        self._studio = services.studio
        self._body = body
        self._later = Later(guard, services.jobs, body)
        self._heartbeat_s = heartbeat_s

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["studio"])
        post: dict[str, Any] = {"methods": ["POST"]}
        router.add_api_route(
            "/v1/cutouts", self.create_cutout, response_model=CreateCutoutResponse, summary="Cut the product out",
            **post, **openapi.picture_route(CreateCutoutRequest),
        )  # fmt: skip
        router.add_api_route(
            "/v1/shots", self.create_shot, response_model=CreateShotResponse, summary="Put the product into a scene",
            **post, **openapi.shot_route(),
        )  # fmt: skip
        return router

    async def create_cutout(self, request: Request) -> Response:
        """JSON or multipart in; JSON out, or the picture itself when `Accept` asks for an image."""
        accepted = Accepted.of(request.headers.get("accept", ""))
        if prefers_async(request.headers.getlist("prefer")):
            return await self._later.answer(request, CreateCutoutRequest, accepted.applied)
        async with guarded(self._guard, call_of("CreateCutout", request), request) as call:
            wanted = accepted.applied(await self._body.read(request, CreateCutoutRequest))
            return await self._answer(await self._studio.create_cutout(wanted, call), accepted, call)

    async def create_shot(self, request: Request) -> Response:
        """JSON or multipart in; out, as `Accept` asks, JSON, the picture itself, or events and then the JSON."""
        accepted = Accepted.of(request.headers.get("accept", ""))
        if prefers_async(request.headers.getlist("prefer")):
            return await self._later.answer(request, CreateShotRequest, accepted.applied)
        if accepted.events:
            return EventStream(
                self._stream_shot(request),
                lambda error: status.problem(error, request.state.request_id),
                self._heartbeat_s,
            )
        async with guarded(self._guard, call_of("CreateShot", request), request) as call:
            wanted = accepted.applied(await self._body.read(request, CreateShotRequest))
            return await self._answer(await self._studio.create_shot(wanted, call), accepted, call)

    async def _stream_shot(self, request: Request) -> AsyncGenerator[ServerEvent, None]:
        """Numbered from 1, each named for the one field that is set."""
        async with guarded(self._guard, call_of("StreamShot", request), request) as call:
            asked = asked_by_query(request, StreamShotRequest)
            shot = await self._body.read(request, CreateShotRequest)
            number = 0
            async with aclosing(self._studio.stream_shot(asked.model_copy(update={"shot": shot}), call)) as stream:
                async for told in stream:
                    number += 1
                    fields = ((name, getattr(told, name)) for name in type(told).model_fields)
                    yield next(ServerEvent(name, value, str(number)) for name, value in fields if value is not None)

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
