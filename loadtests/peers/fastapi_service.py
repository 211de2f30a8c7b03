"""Peer (b): the usual FastAPI service around the script. One session per worker, plain endpoints in the thread pool.

PEER_THREADS=2 python -m loadtests.peers.fastapi_service --http-port 7000 --workers 1
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, Form, Request, Response, UploadFile
from pydantic_settings import BaseSettings, SettingsConfigDict

from loadtests.peers.program import arguments
from loadtests.peers.studio import RembgStudio


class WorkerSettings(BaseSettings):
    """Of each worker, which is a process of its own and so reads the environment."""

    model_config = SettingsConfigDict(env_prefix="PEER_")

    threads: int = 40
    compute_threads: int = 0


@asynccontextmanager
async def _loaded(app: FastAPI) -> AsyncIterator[None]:
    settings = WorkerSettings()
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
    app.state.studio = RembgStudio.open(settings.compute_threads)
    yield


def create_app() -> FastAPI:
    """The service; its session is loaded before it listens."""
    app = FastAPI(lifespan=_loaded)

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/cutouts")
    def cutout(request: Request, image: UploadFile) -> Response:
        return Response(request.app.state.studio.cutout(image.file.read()), media_type="image/png")

    @app.post("/shots")
    def shot(
        request: Request,
        image: UploadFile,
        scene_id: Annotated[str, Form()],
        camera_pitch_deg: Annotated[float, Form()],
        seed: Annotated[int, Form()],
    ) -> Response:
        picture = request.app.state.studio.shot(image.file.read(), scene_id, camera_pitch_deg, seed)
        return Response(picture, media_type="image/png")

    return app


if __name__ == "__main__":
    asked = arguments(workers=1)
    uvicorn.run(
        "loadtests.peers.fastapi_service:create_app",
        factory=True, host=asked.host, port=asked.http_port, workers=asked.workers, log_level="warning",
    )  # fmt: skip
