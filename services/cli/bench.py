"""`vitrine bench`: what each stage takes, in this process and through the service, and what the service adds."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.bench_engines import bench_engines
from services.cli.bench_generate import bench_generate
from services.cli.bench_styles import bench_styles
from services.cli.bench_upscale import bench_upscale
from services.cli.configuration import api_key, open_settings, service_address
from services.cli.console import AddressOption, JsonOption, asides, results, save_json, write_json

if TYPE_CHECKING:
    from rich.table import Table

    from services.api.studio import CreateShotRequest, CreateShotResponse
    from services.cli.sample import Sample
    from services.common.settings import Settings

MEGAPIXELS = 2.0
READY_TIMEOUT_S = 240.0
WARM_UP_RUNS = 2
QUALITY = 92

bench = typer.Typer(
    name="bench",
    invoke_without_command=True,
    help="Measure a shot stage by stage; `generate`: how diffusion is served; `engines`: what computes it; "
    "`upscale`: what makes it larger.",
)
bench.command("generate")(bench_generate)
bench.command("engines")(bench_engines)
bench.command("styles")(bench_styles)
bench.command("upscale")(bench_upscale)

#: Makes one shot from a seed.
Make = Callable[[int], Awaitable["CreateShotResponse"]]


@dataclass(frozen=True)
class Run:
    """One shot: the time each stage worked, the time from request to answer, in seconds, the picture's size, and the
    CPU time of this process and all its threads."""

    stages: dict[str, float]
    whole: float
    size: str = ""
    cpu: float = 0.0

    @property
    def beside_stages(self) -> float:
        """What is no stage's work: carrying, waiting, converting."""
        return self.whole - sum(self.stages.values())


@bench.callback()
def _bench(
    context: typer.Context,
    photo: Annotated[Path | None, typer.Option(help="Your photo.", show_default="scikit-image's coffee")] = None,
    scene: Annotated[str, typer.Option(help="The scene to shoot.")] = "marble",
    runs: Annotated[int, typer.Option("--runs", "-n", min=1, help="Shots of each kind, taken in turns.")] = 10,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the figures.")] = Path("out/bench.json"),
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Measure a 2-megapixel shot stage by stage; starts a service of its own unless --address names one."""
    if context.invoked_subcommand is not None:
        return
    from services.api.common import ImageSource, OutputOptions
    from services.api.studio import CreateShotRequest
    from services.cli.machine import machine_facts
    from services.cli.sample import open_sample
    from services.codecs.encode import encode_image
    from services.common.image import ImageFormat

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
        "picture": through[0].size,
        "in_process": _figures(inside) | {"cpu_ms": _spread(run.cpu for run in inside)},
        "through_the_service": _figures(through),
    }
    save_json(figures, out)
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
    at_work = {"VITRINE_SEGMENT__CUTOUTS_MB": "0"}  # it is to cut out every time
    data, log = Path(data_dir) / "service", Path(data_dir) / "service.log"
    with ServiceProcess(settings, data, log, environment=at_work) as service:
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
    workflow = ShotWorkflow(
        stages, SceneCatalog.open(settings.generate.scenes_dir), settings.limits, settings.segment.min_confidence
    )
    options: ShotOptions = {}
    if request.camera_pitch_deg is not None:
        options["camera_pitch_deg"] = request.camera_pitch_deg
    async with AsyncVitrine(address, api_key=api_key()) as vitrine:

        async def inside(seed: int) -> "CreateShotResponse":
            return await workflow.shot(request.model_copy(update={"seed": seed}), "bench")

        async def through(seed: int) -> "CreateShotResponse":
            seeded: ShotOptions = {**options, "seed": seed}
            return await vitrine.shot(request.image.content, request.scene_id, **seeded)

        taken: tuple[list[Run], list[Run]] = ([], [])
        with asides().status("measuring") as status:
            for number in range(1 - WARM_UP_RUNS, runs + 1):
                status.update(f"run {number} of {runs}" if number > 0 else "warming up")
                for make, kept in zip((inside, through), taken, strict=True):
                    # A seed of its own each time: a plate that is drawn again comes from the cache.
                    run = await _timed(make, number + WARM_UP_RUNS)
                    if number > 0:
                        kept.append(run)
    return taken


async def _timed(make: Make, seed: int) -> Run:
    began, cpu_began = time.perf_counter(), time.process_time()
    answer = await make(seed)
    whole, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    size = f"{answer.image.width} x {answer.image.height}"
    return Run({timing.stage.lower(): timing.duration for timing in answer.timings}, whole, size, cpu)


def _figures(runs: list[Run]) -> dict[str, Any]:
    """Median, least and most of everything, in milliseconds; and each shot, which `vitrine plan` draws from."""
    from services.planning.times import StageTimes

    return {
        "stages_ms": {stage: _spread(run.stages[stage] for run in runs) for stage in runs[0].stages},
        "beside_stages_ms": _spread(run.beside_stages for run in runs),
        "whole_ms": _spread(run.whole for run in runs),
        "shots_s": [StageTimes.of_run(run.stages, run.whole) for run in runs],
    }


def _spread(seconds: Iterable[float]) -> dict[str, float]:
    values = [1000 * value for value in seconds]
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, 1) for name, value in found.items()}


def _tell(figures: dict[str, Any], out: Path) -> None:
    inside, through = figures["in_process"], figures["through_the_service"]
    machine = figures["machine"]
    console = results()
    console.print(f"{figures['photo']}; scene {figures['scene']}, picture {figures['picture']}")
    console.print(f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; commit {figures['commit']}")
    console.print(_table(inside, through, f"median (least to most) of {figures['runs']}"))
    added = through["beside_stages_ms"]["median"] - inside["beside_stages_ms"]["median"]
    cpu = inside["cpu_ms"]["median"]
    console.print(f"Gateway and Serve add {added:.0f} ms to a shot, which takes {cpu:.0f} ms of CPU time in process.")
    console.print(f"All figures: {out}")


def _table(inside: dict[str, Any], through: dict[str, Any], title: str) -> "Table":
    from rich.table import Table

    def cell(ms: dict[str, float]) -> str:
        return f"{ms['median']:.0f} ({ms['min']:.0f} to {ms['max']:.0f}) ms"

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(title)
    table.add_column("in process", justify="right")
    table.add_column("through the service", justify="right")
    for stage, here in inside["stages_ms"].items():
        table.add_row(stage, cell(here), cell(through["stages_ms"][stage]))
    for name, key in (("beside the stages", "beside_stages_ms"), ("whole shot", "whole_ms")):
        table.add_row(name, cell(inside[key]), cell(through[key]))
    return table
