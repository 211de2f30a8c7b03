"""LintService over HTTP."""

from fastapi import APIRouter, Request, Response

from services.api.lint import LintPhotoRequest, LintPhotoResponse, ListRuleSetsRequest, ListRuleSetsResponse
from services.gateway import openapi
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.later import Later
from services.gateway.preference import prefers_async
from services.gateway.services import Services


class LintRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        body: Reads bodies.
    """

    def __init__(self, guard: Guard, services: Services, body: BodyReader) -> None:
        self._guard = guard
        self._studio = services.studio
        self._catalog = services.catalog
        self._body = body
        self._later = Later(guard, services.jobs, body)

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["lint"])
        router.add_api_route(
            "/v1/lint", self.lint_photo, methods=["POST"], response_model=LintPhotoResponse,
            summary="Hold a photo against a marketplace's rules", **openapi.verdict_route(LintPhotoRequest),
        )  # fmt: skip
        router.add_api_route(
            "/v1/rule-sets", self.list_rule_sets, response_model=ListRuleSetsResponse,
            summary="The rule sets there are", **openapi.page_route(ListRuleSetsRequest),
        )  # fmt: skip
        return router

    async def lint_photo(self, request: Request) -> Response:
        """JSON or multipart in, JSON out."""
        if prefers_async(request.headers.getlist("prefer")):
            return await self._later.answer(request, LintPhotoRequest)
        async with guarded(self._guard, call_of("LintPhoto", request), request) as call:
            wanted = await self._body.read(request, LintPhotoRequest)
            return answered(await self._studio.lint_photo(wanted, call))

    async def list_rule_sets(self, request: Request) -> Response:
        """Page by page, sorted by id."""
        async with guarded(self._guard, call_of("ListRuleSets", request), request):
            return answered(self._catalog.list_rule_sets(asked_by_query(request, ListRuleSetsRequest)))
