"""`vitrine bench generate`: the denoising loop beside two other ways of serving the same requests."""

import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.cli.console import JsonOption, asides, results, save_json, write_json

if TYPE_CHECKING:
    import numpy as np

    from services.cli.serving_ways import Arrival, Served, TimedPipeline
    from services.generate.diffusion.request import SampleRequest

STEPS: Final = (4, 6, 8, 12, 20, 30, 40)
#: Requests of at most so many steps are called short.
SHORT: Final = 8
WARM_UP_RUNS: Final = 3
WARM_UP_STEPS: Final = 8
WAYS: Final = ("one at a time", "by request", "by step")


def bench_generate(
    requests: Annotated[int, typer.Option(min=2, help="Requests in each round.")] = 32,
    rounds: Annotated[int, typer.Option("--rounds", "-n", min=1, help="Rounds of all three ways, in turns.")] = 5,
    load: Annotated[float, typer.Option(min=0.01, help="Work that arrives, by what one at a time gets done.")] = 1.5,
    size: Annotated[int, typer.Option(min=64, help="Side of the pictures in pixels, a multiple of 64.")] = 128,
    max_batch: Annotated[int, typer.Option(min=1, help="Samples that share a step at most.")] = 8,
    threads: Annotated[int, typer.Option(min=1, help="Compute threads.")] = 1,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the figures.")] = Path("out/bench-generate.json"),
    json: JsonOption = False,
) -> None:
    """Serve requests of 4 to 40 steps that arrive at random, in three ways; untrained networks, made on the spot."""

    import numpy as np

    from services.cli.machine import machine_facts

    pipeline, weights = _open(size, threads)
    alone_s = _alone_s(pipeline, size)
    conditions = machine_facts() | {
        "size_px": size, "weights": weights, "requests": requests, "load": load, "max_batch": max_batch,
        "threads": threads, "alone_s": round(alone_s, 3),
    }  # fmt: skip
    taken: dict[str, list[tuple[list[Arrival], Served]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder, asides().status("measuring") as status:
        for number in range(rounds):
            arrivals = _arrivals(np.random.default_rng(number), requests, alone_s / load, size)
            for place in range(len(WAYS)):
                way = WAYS[(number + place) % len(WAYS)]
                status.update(f"round {number + 1} of {rounds}, {way}")
                served = _serve(way, pipeline, arrivals, max_batch, Path(folder) / "estimates.json")
                taken[way].append((arrivals, served))
            # After each round, so that who stops it has the figures of those before.
            figures = conditions | {"rounds": number + 1} | _all_figures(taken)
            save_json(figures, out)
    if json:
        write_json(figures)
    else:
        _tell(figures, out)


def _open(size: int, threads: int) -> tuple["TimedPipeline", dict[str, int]]:
    import torch

    from services.cli.serving_ways import TimedPipeline
    from services.generate.diffusion.untrained import count_weights, untrained_checkpoint, untrained_networks

    torch.set_num_threads(threads)
    networks = untrained_networks(size)
    return TimedPipeline(untrained_checkpoint(size), networks), count_weights(networks)


def _request(seed: int, steps: int, size: int) -> "SampleRequest":
    import numpy as np

    from services.generate.diffusion.request import Inpainting, SampleRequest

    grey = np.full((size, size, 3), 127, np.uint8)
    pictures = Inpainting.plain(grey, np.ones((size, size), np.bool_))
    return SampleRequest(pictures, prompt="a cup on marble", seed=seed, steps=steps)


def _alone_s(pipeline: "TimedPipeline", size: int) -> float:
    """What a request takes by itself on average: medians, as what comes first is slower."""
    sides, steps = [], []
    for _ in range(WARM_UP_RUNS):
        began = time.perf_counter()
        sample = pipeline.prepare(_request(0, WARM_UP_STEPS, size))
        prepared = stepped = time.perf_counter()
        while not sample.done:
            pipeline.step([sample])
            steps.append(time.perf_counter() - stepped)
            stepped = time.perf_counter()
        pipeline.decode([sample])
        sides.append(time.perf_counter() - stepped + prepared - began)
    return statistics.median(sides) + statistics.mean(STEPS) * statistics.median(steps)


def _arrivals(rng: "np.random.Generator", number: int, gap_s: float, size: int) -> list["Arrival"]:
    """Poisson arrivals, about as many of each number of steps, shuffled."""
    from services.cli.serving_ways import Arrival

    steps = rng.permutation([STEPS[place * len(STEPS) // number] for place in range(number)])
    times = rng.exponential(gap_s, number).cumsum()
    return [
        Arrival(float(at_s), _request(seed, int(each), size))
        for seed, (at_s, each) in enumerate(zip(times, steps, strict=True))
    ]


def _serve(
    way: str, pipeline: "TimedPipeline", arrivals: Sequence["Arrival"], max_batch: int, estimates: Path
) -> "Served":
    from services.cli.serving_ways import by_request, by_step, one_at_a_time
    from services.generate.diffusion.estimates import Estimates

    if way == "one at a time":
        return one_at_a_time(pipeline, arrivals)
    if way == "by request":
        return by_request(pipeline, arrivals, max_batch)
    return by_step(pipeline, arrivals, max_batch, Estimates.open(estimates, "bench"))


def _all_figures(taken: dict[str, list[tuple[list["Arrival"], "Served"]]]) -> dict[str, Any]:
    from services.cli.machine import machine_facts

    ways = {way: _figures(each, taken[WAYS[0]]) for way, each in taken.items()}
    return {"load_1min_after": machine_facts()["machine"]["load_1min"], "ways": ways}


def _figures(
    taken: Sequence[tuple[Sequence["Arrival"], "Served"]], first: Sequence[tuple[Sequence["Arrival"], "Served"]]
) -> dict[str, Any]:
    """Medians over the rounds with their spread; times of pictures are means within a round."""

    def mean_wait(arrivals: Sequence["Arrival"], served: "Served", *, short: bool) -> float:
        pairs = zip(arrivals, served.waits_s, strict=True)
        return statistics.mean(wait for arrival, wait in pairs if (arrival.request.steps <= SHORT) == short)

    figures = {
        "total_s": _spread(served.total_s for _, served in taken),
        "short_s": _spread(mean_wait(*each, short=True) for each in taken),
        "long_s": _spread(mean_wait(*each, short=False) for each in taken),
        "batch": _spread(statistics.mean(served.batches) for _, served in taken),
        "total_by_first": _spread(
            served.total_s / other.total_s for (_, served), (_, other) in zip(taken, first, strict=True)
        ),
        "short_times_shorter": _spread(
            mean_wait(*other, short=True) / mean_wait(*each, short=True)
            for each, other in zip(taken, first, strict=True)
        ),
    }
    if all(served.model_s for _, served in taken):
        figures["own_cost_percent"] = _spread(
            100 * (served.busy_s - served.model_s) / served.model_s for _, served in taken
        )
    return figures


def _spread(values: Iterable[float]) -> dict[str, float]:
    found = list(values)
    spread = {"median": statistics.median(found), "min": min(found), "max": max(found)}
    return {name: round(value, 3) for name, value in spread.items()}


def _tell(figures: dict[str, Any], out: Path) -> None:
    from rich.table import Table

    def cell(spread: dict[str, float] | None) -> str:
        return f"{spread['median']:.2f} ({spread['min']:.2f} to {spread['max']:.2f})" if spread else ""

    machine, console = figures["machine"], results()
    console.print(f"{machine['cpu']}, {figures['threads']} of {machine['cores']} cores; commit {figures['commit']}")
    millions = ", ".join(f"{name} {count / 1e6:.1f} M" for name, count in figures["weights"].items())
    console.print(f"untrained networks of {millions} weights, {figures['size_px']} px; alone {figures['alone_s']} s")
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(f"median (least to most) of {figures['rounds']} rounds")
    for way in WAYS:
        table.add_column(way, justify="right")
    rows = {
        "all pictures, s": "total_s", f"a picture of up to {SHORT} steps, s": "short_s",
        "a longer one, s": "long_s", "samples in a step": "batch", "total by one at a time": "total_by_first",
        "short ones so many times sooner": "short_times_shorter", "own cost, % of the networks'": "own_cost_percent",
    }  # fmt: skip
    for title, name in rows.items():
        table.add_row(title, *(cell(figures["ways"][way].get(name)) for way in WAYS))
    console.print(table)
    console.print(f"All figures: {out}")
