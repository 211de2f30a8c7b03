"""TrainingService over HTTP."""

from fastapi import APIRouter, Request, Response

from services.api import trainings as api
from services.gateway import openapi
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.services import Services


class TrainingRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        body: Reads bodies.
    """

    def __init__(self, guard: Guard, services: Services, body: BodyReader) -> None:
        self._guard = guard
        self._trainings = services.trainings
        self._body = body

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["styles"])
        every, one = "/v1/style-trainings", "/v1/style-trainings/{training_id}"
        router.add_api_route(
            every, self.create, methods=["POST"], summary="Have a style trained", **openapi.training_route()
        )
        router.add_api_route(
            every, self.list, response_model=api.ListStyleTrainingsResponse, summary="Your trainings",
            **openapi.page_route(api.ListStyleTrainingsRequest),
        )  # fmt: skip
        router.add_api_route(
            one, self.get, response_model=api.GetStyleTrainingResponse, summary="How far a training is",
            **openapi.plain_route(),
        )  # fmt: skip
        router.add_api_route(
            f"{one}/cancel", self.cancel, methods=["POST"], response_model=api.CancelStyleTrainingResponse,
            summary="End a training", **openapi.plain_route(),
        )  # fmt: skip
        return router

    async def create(self, request: Request) -> Response:
        """JSON in, with pictures by the keys of their uploads; 201 with its place."""
        async with guarded(self._guard, call_of("CreateStyleTraining", request), request) as call:
            wanted = await self._body.read(request, api.CreateStyleTrainingRequest)
            made = await self._trainings.create_style_training(wanted, call)
        return answered(made, 201, {"Location": f"/v1/style-trainings/{made.training.training_id}"})

    async def list(self, request: Request) -> Response:
        """Page by page, the newest first."""
        async with guarded(self._guard, call_of("ListStyleTrainings", request), request) as call:
            wanted = asked_by_query(request, api.ListStyleTrainingsRequest)
            return answered(await self._trainings.list_style_trainings(wanted, call))

    async def get(self, request: Request, training_id: str) -> Response:
        """The training as it is now."""
        async with guarded(self._guard, call_of("GetStyleTraining", request), request) as call:
            wanted = asked_by_query(request, api.GetStyleTrainingRequest, training_id=training_id)
            return answered(await self._trainings.get_style_training(wanted, call))

    async def cancel(self, request: Request, training_id: str) -> Response:
        """One that is being worked on stops within a step."""
        async with guarded(self._guard, call_of("CancelStyleTraining", request), request) as call:
            wanted = asked_by_query(request, api.CancelStyleTrainingRequest, training_id=training_id)
            return answered(await self._trainings.cancel_style_training(wanted, call))
