"""`vitrine bench upscale`: what networks make of small backgrounds, beside resampling, and what that takes."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, results, save_json, write_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from services.common.settings import Settings
    from services.models.cache import ModelCache

    #: Makes a picture so large (height, width).
    Way = Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[np.uint8]]

NETWORKS = ("realesr-animevideov3", "realesrgan-x4plus")
SCENES = ("marble", "wood-living-room", "park-stone", "concrete", "flat-linen", "wall-window", "night-lights", "forest")


def bench_upscale(
    side: Annotated[int, typer.Option(min=256, help="Side of the plates in pixels, a multiple of 4.")] = 768,
    threads: Annotated[int, typer.Option(min=1, help="Compute threads.")] = 2,
    network: Annotated[list[str] | None, typer.Option(help="Which; those of the catalogue when none is named.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for figures and picture.")] = Path("out/upscale"),
    json: JsonOption = False,
) -> None:
    """Make plates four times smaller and as large again: by Lanczos' filter and by each network, in turns."""
    from PIL import Image

    from services.cli.machine import machine_facts
    from services.evaluation.upscaling import plate, psnr_db, sharpness, smaller, strip
    from services.generate.plates.painter import PlatePainter
    from services.generate.scene import SceneCatalog
    from services.models.cache import ModelCache

    settings = open_settings()
    cache = ModelCache(settings.models)
    ways = _ways(settings, cache, network or list(NETWORKS), threads)
    plates, scenes = PlatePainter.open(settings.generate, cache), SceneCatalog.shipped()
    facts, rows, strips = machine_facts(), [], []
    for number, scene in enumerate(SCENES):
        asides().print(f"{scene}, {number + 1} of {len(SCENES)}")
        truth = plate(plates, scenes, scene, side, seed=number)
        small, made = smaller(truth), []
        for name, way in ways.items():
            began, cpu = time.perf_counter(), time.process_time()
            made.append(way(small, (side, side)))
            took = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - began}
            found = {"psnr_db": psnr_db(made[-1], truth), "sharpness": sharpness(made[-1], truth)}
            found |= {figure: value / (side * side / 1e6) for figure, value in took.items()}
            rows.append({"scene": scene, "way": name} | found)
        strips.append(strip([truth, *made]))
    out.mkdir(parents=True, exist_ok=True)
    import numpy as np

    Image.fromarray(np.vstack(strips)).save(out / "upscale.png")
    figures = facts | {"side_px": side, "threads": threads, "ways": _medians(rows), "scenes": rows}
    save_json(figures, out / "upscale.json")
    if json:
        write_json(figures)
    else:
        _tell(figures["ways"])


def _ways(settings: "Settings", cache: "ModelCache", networks: list[str], threads: int) -> "dict[str, Way]":
    from functools import partial

    from services.common.deadline import Deadline
    from services.common.settings import UpscaleSettings
    from services.evaluation.upscaling import resampled
    from services.generate.upscale.upscaler import Upscaler

    ways: dict[str, Way] = {"lanczos": resampled}
    for name in networks:
        changes = {"upscale": UpscaleSettings(network=name), "threads": threads}
        upscaler = Upscaler.open(settings.generate.model_copy(update=changes), cache)
        upscaler.warm_up()
        ways[name] = partial(upscaler.enlarge, deadline=Deadline())
    return ways


def _medians(rows: list[dict[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """By way and figure: least, median and most over the scenes."""
    ways = dict.fromkeys(row["way"] for row in rows)
    figures = ("psnr_db", "sharpness", "cpu_s", "wall_s")
    return {
        way: {figure: _spread([row[figure] for row in rows if row["way"] == way]) for figure in figures} for way in ways
    }


def _spread(values: list[float]) -> list[float]:
    return [round(each, 3) for each in (min(values), statistics.median(values), max(values))]


def _tell(ways: dict[str, dict[str, list[float]]]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("way", "PSNR, dB", "sharpness", "CPU s per MP", "s per MP"):
        table.add_column(title)
    for way, figures in ways.items():
        table.add_row(way, *(f"{median:.2f} ({least:.2f} to {most:.2f})" for least, median, most in figures.values()))
    results().print(table)
