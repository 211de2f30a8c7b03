"""`vitrine bench styles`: what it costs to draw with another style than the picture before."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import JsonOption, asides, results, save_json, seconds, write_json

if TYPE_CHECKING:
    from services.generate.diffusion.checkpoint import Checkpoint
    from services.generate.diffusion.networks import Networks
    from services.generate.diffusion.request import SampleRequest
    from services.generate.engine.lora import AdapterSet
    from services.generate.pipeline import InpaintPipeline


def bench_styles(
    rounds: Annotated[int, typer.Option("--rounds", "-n", min=3, help="Rounds, each of all kinds in turns.")] = 15,
    steps: Annotated[int, typer.Option(min=1, max=100, help="Of each picture.")] = 30,
    rank: Annotated[int, typer.Option(min=1, max=128, help="Of the styles, which change all of attention.")] = 16,
    size: Annotated[int, typer.Option(min=64, help="Side of untrained networks' pictures, a multiple of 64.")] = 128,
    folder: Annotated[
        Path | None,
        typer.Option("--checkpoint", exists=True, file_okay=False, help="Draw with this one, in its size."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Compute threads.")] = 1,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the figures.")] = Path("out/bench-styles.json"),
    json: JsonOption = False,
) -> None:
    """Draw with no style, with the same one again, and with another one each time; with a checkpoint, or with untrained
    networks that are made on the spot."""
    import torch

    from services.cli.machine import machine_facts
    from services.generate.pipeline import InpaintPipeline

    torch.set_num_threads(threads)
    checkpoint, networks = _opened(folder, size)
    pipeline, size = InpaintPipeline(checkpoint, networks), checkpoint.buckets.native_px
    kinds = _kinds(networks, rank)
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    with asides().status("measuring") as status:
        for number in range(rounds + 1):
            status.update(f"round {number} of {rounds}")
            for name, (before, styles) in kinds.items():
                _drawn_s(pipeline, _request(size, 1, before))
                took_s = _drawn_s(pipeline, _request(size, steps, styles))
                if number:  # the first of everything is slower
                    taken[name].append(took_s)
    figures = machine_facts() | {
        "checkpoint": checkpoint.name, "size_px": size, "steps": steps, "rank": rank, "threads": threads,
        "weights": sum(weights.numel() for weights in networks.unet.parameters()),
        "picture_s": {name: _spread(times) for name, times in taken.items()},
        "swap_s": _spread(_timed(rounds, _swap(pipeline, kinds))),
    }  # fmt: skip
    figures["swap_share"] = figures["swap_s"]["median"] / figures["picture_s"]["same style"]["median"]
    save_json(figures, out)
    if json:
        write_json(figures)
    else:
        _tell(figures, out)


def _opened(folder: Path | None, size_px: int) -> tuple["Checkpoint", "Networks"]:
    import torch

    from services.generate.diffusion.checkpoint import Checkpoint
    from services.generate.diffusion.networks import Networks
    from services.generate.diffusion.untrained import untrained_checkpoint, untrained_networks

    if folder is None:
        return untrained_checkpoint(size_px), untrained_networks(size_px)
    checkpoint = Checkpoint.read(folder, folder.name)
    return checkpoint, Networks.load(checkpoint, torch.device("cpu"), torch.float32)


def _kinds(networks: "Networks", rank: int) -> dict[str, tuple["AdapterSet", "AdapterSet"]]:
    """What is drawn, by name: the styles of the picture before, and those of the one that is measured."""
    from services.generate.engine.lora import Worn

    linen, dusk = (Worn(_adapter(networks, rank, seed), 0.8) for seed in (1, 2))
    return {"no style": ((), ()), "same style": ((linen,), (linen,)), "another style": ((dusk,), (linen,))}


def _adapter(networks: "Networks", rank: int, seed: int) -> Any:
    """One that changes every layer of attention and feed-forward, by random numbers."""
    import torch

    from services.generate.engine.adapter import Adapter, Factors
    from services.generate.engine.factors import targets
    from services.generate.engine.spec import Part

    draw = torch.Generator().manual_seed(seed)
    layers = {
        name: Factors(
            torch.randn(rank, layer.in_features, generator=draw) * 0.01,
            torch.randn(layer.out_features, rank, generator=draw) * 0.01,
            1.0,
        )
        for name, layer in targets(networks.unet).items()
    }
    return Adapter(f"{seed:064x}", {Part.UNET: layers})


def _request(size: int, steps: int, styles: "AdapterSet") -> "SampleRequest":
    import numpy as np

    from services.generate.diffusion.request import Inpainting, SampleRequest

    grey = np.full((size, size, 3), 127, np.uint8)
    pictures = Inpainting.plain(grey, np.ones((size, size), np.bool_))
    return SampleRequest(pictures, prompt="a cup on marble", steps=steps, styles=styles)


def _drawn_s(pipeline: "InpaintPipeline", request: "SampleRequest") -> float:
    began = time.perf_counter()
    sample = pipeline.prepare(request)
    while not sample.done:
        pipeline.step([sample])
    pipeline.decode([sample])
    return time.perf_counter() - began


def _swap(pipeline: "InpaintPipeline", kinds: dict[str, tuple["AdapterSet", "AdapterSet"]]) -> Callable[[int], object]:
    """Merges one style in place of the other, and nothing else."""
    from services.generate.engine.lora import MergedWeights
    from services.generate.engine.spec import Part

    merging, pair = MergedWeights(pipeline.models[Part.UNET]), kinds["another style"]
    return lambda number: merging.use([pair[number % 2]])


def _timed(rounds: int, work: Callable[[int], object]) -> list[float]:
    times = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - began)
    return times[1:]


def _spread(times: Sequence[float]) -> dict[str, float]:
    tenths = statistics.quantiles(times, n=10)
    return {"median": statistics.median(times), "p10": tenths[0], "p90": tenths[-1], "n": len(times)}


def _tell(figures: dict[str, Any], out: Path) -> None:
    console = results()
    for name, spread in (*figures["picture_s"].items(), ("the swap alone", figures["swap_s"])):
        told = f"{seconds(spread['median'])} ({seconds(spread['p10'])} to {seconds(spread['p90'])}, n = {spread['n']})"
        console.print(f"{name:16}{told}")
    console.print(f"a swap is {figures['swap_share']:.2%} of a picture; all figures are in {out}")
