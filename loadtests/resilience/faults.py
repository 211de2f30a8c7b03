"""What may happen to a service while it works."""

import time
from collections.abc import Callable
from typing import Final

import psutil
from ray import serve

from services.app import APPLICATION, build
from services.common.settings import Settings

#: A fault's end is waited for so long, in seconds.
_PATIENCE_S: Final = 300.0
_STAGES: Final = ("Segment", "Generate", "Postprocess")


def _processes(title: str) -> list[psutil.Process]:
    """Those of this service that are called so."""
    return [each for each in psutil.Process().children(recursive=True) if _title(each).startswith(title)]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _wait(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while not done():
        if time.monotonic() > limit:
            raise TimeoutError("the service did not get over it")
        time.sleep(0.5)


def _kill(title: str) -> None:
    before = _processes(title)
    before[0].kill()
    _wait(lambda: any(each not in before for each in _processes(title)))


def _is_whole() -> bool:
    application = serve.status().applications[APPLICATION]
    return all(each.status == "HEALTHY" for each in application.deployments.values())


def stage_replica(settings: Settings) -> None:
    """A replica of each stage dies as by a lack of memory, the next when the last one's successor works."""
    del settings
    for stage in _STAGES:
        _kill(f"ray::ServeReplica:{APPLICATION}:{stage}")
        _wait(_is_whole)


def controller(settings: Settings) -> None:
    """Serve's controller dies."""
    del settings
    _kill("ray::ServeController")
    _wait(_is_whole)


def config_update(settings: Settings) -> None:
    """Other settings: what a request may take, and how many steps of log are written."""
    changed = settings.model_copy(
        update={
            "limits": settings.limits.model_copy(update={"max_canvas_px": settings.limits.max_canvas_px - 64}),
            "observability": settings.observability.model_copy(update={"log_level": "WARNING"}),
        }
    )
    serve.run(build(changed), name=APPLICATION, route_prefix="/")


def code_update(settings: Settings) -> None:
    """Another version of every deployment: each `serve.run` is one to Serve, and replaces every replica."""
    serve.run(build(settings), name=APPLICATION, route_prefix="/")


FAULTS: Final[dict[str, Callable[[Settings], None]]] = {
    "stage replicas killed": stage_replica,
    "controller killed": controller,
    "rolling update of settings": config_update,
    "rolling update of code": code_update,
}
