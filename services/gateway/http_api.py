"""HTTP at the edge: decode, call, encode. The same messages as gRPC, as JSON or a form; errors as RFC 9457 problems."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Response
from fastapi_offline import FastAPIOffline
from starlette.responses import JSONResponse

from services import __version__
from services.gateway import openapi
from services.gateway.answer_headers import AnswerHeaders
from services.gateway.blob_routes import BlobRoutes, SignedBlobs
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.catalog_routes import CatalogRoutes
from services.gateway.job_routes import JobRoutes
from services.gateway.lint_routes import LintRoutes
from services.gateway.problems import answer_problems
from services.gateway.services import Services
from services.gateway.studio_routes import StudioRoutes
from services.gateway.style_routes import StyleRoutes
from services.gateway.training_routes import TrainingRoutes
from services.gateway.webhook_routes import WebhookRoutes
from services.workflow.readiness import Readiness


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
        self._readiness = readiness
        self._routers = (
            StudioRoutes(guard, services, body, heartbeat_s).router(),
            LintRoutes(guard, services, body).router(),
            JobRoutes(guard, services, body, heartbeat_s).router(),
            WebhookRoutes(guard, services, body).router(),
            CatalogRoutes(guard, services).router(),
            StyleRoutes(guard, services, body).router(),
            TrainingRoutes(guard, services, body).router(),
            BlobRoutes(guard, services.studio, blobs).router(),
            *dialects,
        )

    def app(self) -> FastAPI:
        """The ASGI application. Its documentation pages load nothing from elsewhere."""
        app = FastAPIOffline(
            title="Vitrine", version=__version__, summary="AI product photography.", redoc_url=None,
            static_url="/docs/assets",
        )  # fmt: skip
        for router in self._routers:
            app.include_router(router)
        app.add_api_route("/healthz", self.live, summary="Does the process answer?", tags=["health"])
        app.add_api_route(
            "/readyz", self.ready, summary="Is every stage warm?", tags=["health"], **openapi.ready_route()
        )
        answer_problems(app)
        app.add_middleware(AnswerHeaders)
        openapi.complete(app)
        return app

    async def live(self) -> dict[str, str]:
        """The process answers; nothing else is looked at."""
        return {"status": "live"}

    async def ready(self) -> Response:
        """200 once every stage has finished its warm-up and answers, 503 until then."""
        states = await self._readiness.states()
        ready = await self._readiness.ready()
        told = {stage: words for stage, words in self._readiness.told.items() if words}
        return JSONResponse({"ready": ready, "stages": states, "told": told}, 200 if ready else 503)
