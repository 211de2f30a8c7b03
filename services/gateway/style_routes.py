"""CatalogService's styles over HTTP."""

from fastapi import APIRouter, Request, Response

from services.api.catalog import (
    CreateStyleRequest,
    CreateStyleResponse,
    DeleteStyleRequest,
    ListStylesRequest,
    ListStylesResponse,
)
from services.gateway import openapi
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.services import Services

#: The parts of a style's form that are files.
FILES = ("adapter",)


class StyleRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        body: Reads bodies.
    """

    def __init__(self, guard: Guard, services: Services, body: BodyReader) -> None:
        self._guard = guard
        self._styles = services.styles
        self._body = body

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["styles"])
        router.add_api_route(
            "/v1/styles", self.list_styles, response_model=ListStylesResponse, summary="The styles that you may use",
            **openapi.page_route(ListStylesRequest),
        )  # fmt: skip
        router.add_api_route(
            "/v1/styles", self.create_style, methods=["POST"], status_code=201, response_model=CreateStyleResponse,
            summary="Take a LoRA adapter in as a style", **openapi.form_route(CreateStyleRequest, FILES),
        )  # fmt: skip
        router.add_api_route(
            "/v1/styles/{style_id}", self.delete_style, methods=["DELETE"], status_code=204,
            summary="Remove a style of yours", **openapi.plain_route(),
        )  # fmt: skip
        return router

    async def list_styles(self, request: Request) -> Response:
        """Page by page, sorted by id; yours and those that the operator shares."""
        async with guarded(self._guard, call_of("ListStyles", request), request) as call:
            return answered(await self._styles.list_styles(asked_by_query(request, ListStylesRequest), call))

    async def create_style(self, request: Request) -> Response:
        """JSON or a form in; 201 once the adapter was found to fit the checkpoint."""
        async with guarded(self._guard, call_of("CreateStyle", request), request) as call:
            wanted = await self._body.read(request, CreateStyleRequest, FILES)
            return answered(await self._styles.create_style(wanted, call), 201)

    async def delete_style(self, request: Request, style_id: str) -> Response:
        """204; pictures that are being drawn with it may still be finished."""
        async with guarded(self._guard, call_of("DeleteStyle", request), request) as call:
            await self._styles.delete_style(asked_by_query(request, DeleteStyleRequest, style_id=style_id), call)
            return Response(status_code=204)
