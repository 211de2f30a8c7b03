"""`vitrine bench`: what each stage takes, in this process and through the service, and what the service adds."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.configuration import open_settings, service_address
from services.cli.console import AddressOption, JsonOption, asides, results, write_json

if TYPE_CHECKING:
    from rich.table import Table

    from services.api.studio import CreateShotRequest, CreateShotResponse
    from services.cli.sample import Sample
    from services.common.settings import Settings

MEGAPIXELS = 2.0
READY_TIMEOUT_S = 240.0
WARM_UP_RUNS = 2
QUALITY = 92

#: Makes one shot.
Make = Callable[[], Awaitable["CreateShotResponse"]]


@dataclass(frozen=True)
class Run:
    """One shot: the time each stage worked, and the time from request to answer, in seconds."""

    stages: dict[str, float]
    whole: float

    @property
    def beside_stages(self) -> float:
        """What is no stage's work: carrying, waiting, converting."""
        return self.whole - sum(self.stages.values())


def bench(
    photo: Annotated[Path | None, typer.Option(help="Your photo.", show_default="scikit-image's coffee")] = None,
    scene: Annotated[str, typer.Option(help="The scene to shoot.")] = "marble",
    runs: Annotated[int, typer.Option("--runs", "-n", min=1, help="Shots of each kind, taken in turns.")] = 10,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the figures.")] = Path("out/bench.json"),
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Measure a 2-megapixel shot stage by stage; starts a service of its own unless --address names one."""
    from services.api.common import ImageSource, OutputOptions
    from services.api.studio import CreateShotRequest
    from services.cli.machine import machine_facts
    from services.cli.sample import open_sample
    from services.common.image import ImageFormat, encode_image

    settings = open_settings()
    sample = open_sample(photo, None, settings.limits.image)
    image = _resampled(sample)
    content = encode_image(image, ImageFormat.JPEG, QUALITY)
    request = CreateShotRequest(
        image=ImageSource(content=content), scene_id=scene, seed=1, camera_pitch_deg=sample.pitch_deg,
        output=OutputOptions(inline=True),
    )  # fmt: skip
    facts = machine_facts()
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as data_dir, _service(settings, address, data_dir) as at:
        inside, through = asyncio.run(_measure(settings, request, at, runs, Path(data_dir)))
    height, width = image.shape[:2]
    figures = facts | {
        "photo": f"{sample.name}, {sample.image.shape[1]} x {sample.image.shape[0]} resampled to {width} x {height} "
        f"(Lanczos), JPEG at quality {QUALITY}, {len(content)} bytes",
        "scene": scene,
        "runs": runs,
        "in_process": _medians(inside),
        "through_the_service": _medians(through),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    import json as writer

    out.write_text(writer.dumps(figures, indent=2) + "\n", "utf-8")
    if json:
        write_json(figures)
    else:
        _tell(figures, out)


def _resampled(sample: "Sample") -> Any:
    """(H, W, 3) uint8 of `MEGAPIXELS`, in the photo's own proportions."""
    import numpy as np
    from PIL import Image

    height, width = sample.image.shape[:2]
    scale = (MEGAPIXELS * 1e6 / (height * width)) ** 0.5
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(sample.image).resize(size, Image.Resampling.LANCZOS))


@contextmanager
def _service(settings: "Settings", address: str | None, data_dir: str) -> Iterator[str]:
    """The address of the service to measure: the one named, or one started for the purpose."""
    if address is not None:
        yield service_address(address)
        return
    from services.cli.service_process import ServiceProcess
    from services.common.ports import require_free_ports

    require_free_ports(settings)
    with ServiceProcess(settings, Path(data_dir) / "service", Path(data_dir) / "service.log") as service:
        with asides().status("starting a service"):
            service.wait_ready(READY_TIMEOUT_S)
        yield service.address


async def _measure(
    settings: "Settings", request: "CreateShotRequest", address: str, runs: int, data_dir: Path
) -> tuple[list[Run], list[Run]]:
    """Shots in this process and through the service in turns, so that a busy moment meets both."""
    from services.client import AsyncVitrine, ShotOptions
    from services.generate.scene import SceneCatalog
    from services.workflow.local import open_local_stages
    from services.workflow.shot import ShotWorkflow

    with asides().status("loading the stages into this process"):
        here = settings.model_copy(update={"data_dir": data_dir / "here"})
        stages = await asyncio.to_thread(open_local_stages, here)
    workflow = ShotWorkflow(stages, SceneCatalog.shipped(), settings.limits, settings.segment.min_confidence)
    options: ShotOptions = {"seed": 1}
    if request.camera_pitch_deg is not None:
        options["camera_pitch_deg"] = request.camera_pitch_deg
    async with AsyncVitrine(address) as vitrine:

        async def inside() -> "CreateShotResponse":
            return await workflow.shot(request, "bench")

        async def through() -> "CreateShotResponse":
            return await vitrine.shot(request.image.content, request.scene_id, **options)

        taken: tuple[list[Run], list[Run]] = ([], [])
        with asides().status("measuring") as status:
            for number in range(1 - WARM_UP_RUNS, runs + 1):
                status.update(f"run {number} of {runs}" if number > 0 else "warming up")
                for make, kept in zip((inside, through), taken, strict=True):
                    run = await _timed(make)
                    if number > 0:
                        kept.append(run)
    return taken


async def _timed(make: Make) -> Run:
    began = time.perf_counter()
    answer = await make()
    whole = time.perf_counter() - began
    return Run({timing.stage.lower(): timing.duration for timing in answer.timings}, whole)


def _medians(runs: list[Run]) -> dict[str, Any]:
    """Milliseconds."""

    def median(values: Iterator[float]) -> float:
        return round(1000 * statistics.median(values), 1)

    return {
        "stages_ms": {stage: median(run.stages[stage] for run in runs) for stage in runs[0].stages},
        "whole_ms": median(run.whole for run in runs),
        "beside_stages_ms": median(run.beside_stages for run in runs),
        "slowest_whole_ms": round(1000 * max(run.whole for run in runs), 1),
    }


def _tell(figures: dict[str, Any], out: Path) -> None:
    inside, through = figures["in_process"], figures["through_the_service"]
    machine = figures["machine"]
    console = results()
    console.print(f"{figures['photo']}; scene {figures['scene']}; medians of {figures['runs']} runs in turns")
    console.print(f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; commit {figures['commit']}")
    console.print(_table(inside, through))
    added = through["beside_stages_ms"] - inside["beside_stages_ms"]
    console.print(f"Gateway and Serve add {added:.0f} ms to a shot. All figures: {out}")


def _table(inside: dict[str, Any], through: dict[str, Any]) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("median")
    table.add_column("in process", justify="right")
    table.add_column("through the service", justify="right")
    for stage, here in inside["stages_ms"].items():
        table.add_row(stage, f"{here:.1f} ms", f"{through['stages_ms'].get(stage, 0):.1f} ms")
    for title, key in (("beside the stages", "beside_stages_ms"), ("whole shot", "whole_ms")):
        table.add_row(title, f"{inside[key]:.1f} ms", f"{through[key]:.1f} ms")
    return table
