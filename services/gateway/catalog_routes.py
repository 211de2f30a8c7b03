"""CatalogService and UsageService over HTTP."""

from fastapi import APIRouter, Request, Response

from services.api.catalog import ListModelsRequest, ListModelsResponse, ListScenesRequest, ListScenesResponse
from services.api.usage import GetUsageRequest, GetUsageResponse
from services.gateway import openapi
from services.gateway.call import Guard
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.services import Services


class CatalogRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
    """

    def __init__(self, guard: Guard, services: Services) -> None:
        self._guard = guard
        self._catalog = services.catalog
        self._usage = services.usage

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter()
        router.add_api_route(
            "/v1/scenes", self.list_scenes, response_model=ListScenesResponse, summary="The scenes there are",
            tags=["catalog"], **openapi.page_route(ListScenesRequest),
        )  # fmt: skip
        router.add_api_route(
            "/v1/models", self.list_models, response_model=ListModelsResponse, summary="The models there are",
            tags=["catalog"], **openapi.page_route(ListModelsRequest),
        )  # fmt: skip
        router.add_api_route(
            "/v1/usage", self.get_usage, response_model=GetUsageResponse, summary="What was done for your tenant",
            tags=["usage"], **openapi.page_route(GetUsageRequest),
        )  # fmt: skip
        return router

    async def list_scenes(self, request: Request) -> Response:
        """Page by page, sorted by id."""
        async with guarded(self._guard, call_of("ListScenes", request), request):
            return answered(self._catalog.list_scenes(asked_by_query(request, ListScenesRequest)))

    async def list_models(self, request: Request) -> Response:
        """Page by page, sorted by name."""
        async with guarded(self._guard, call_of("ListModels", request), request):
            return answered(self._catalog.list_models(asked_by_query(request, ListModelsRequest)))

    async def get_usage(self, request: Request) -> Response:
        """By day, with what is left of the quota."""
        async with guarded(self._guard, call_of("GetUsage", request), request) as call:
            return answered(await self._usage.get_usage(asked_by_query(request, GetUsageRequest), call))
