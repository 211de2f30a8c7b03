"""`vitrine bench engines`: the libraries that compute a diffusion model on a CPU, side by side."""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import JsonOption, asides, results, save_json, write_json

if TYPE_CHECKING:
    from services.cli.engine_ways import Drawn


def bench_engines(
    rounds: Annotated[int, typer.Option("--rounds", "-n", min=1, help="Pictures by each library, in turns.")] = 7,
    size: Annotated[int, typer.Option(min=64, help="Side of the pictures in pixels, a multiple of 64.")] = 256,
    steps: Annotated[int, typer.Option(min=1, max=100, help="Steps of a picture.")] = 8,
    threads: Annotated[int, typer.Option(min=1, help="Compute threads.")] = 2,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the figures.")] = Path("out/bench-engines.json"),
    json: JsonOption = False,
) -> None:
    """Draw the same pictures by torch, OpenVINO and ONNX Runtime; untrained networks, made on the spot."""

    from services.cli.engine_ways import WAYS, Drawing, WayProcess, export_untrained
    from services.cli.machine import machine_facts

    taken: dict[str, list[Drawn]] = {way.name: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder, ExitStack() as opened:
        with asides().status("exporting the networks"):
            weights = export_untrained(Path(folder), size)
        drawing = Drawing(size, steps, threads, Path(folder))
        # One after the other, so that nobody's start takes another's turn.
        processes = []
        for way in WAYS:
            with asides().status(f"opening {way.name}"):
                process = opened.enter_context(WayProcess(way, drawing))
                process.draw(0)
            processes.append(process)
        facts = machine_facts()
        with asides().status("measuring") as status:
            for number in range(rounds):
                for place in range(len(WAYS)):
                    at = (number + place) % len(WAYS)
                    status.update(f"round {number + 1} of {rounds}, {WAYS[at].name}")
                    taken[WAYS[at].name].append(processes[at].draw(number))
    figures = facts | {
        "size_px": size, "steps": steps, "threads": threads, "rounds": rounds, "weights": weights,
        "load_1min_after": machine_facts()["machine"]["load_1min"],
        "ways": compare(taken, first="torch, bfloat16", exact="torch, float32"),
    }  # fmt: skip
    save_json(figures, out)
    if json:
        write_json(figures)
    else:
        _tell(figures, out)


def compare(taken: "dict[str, list[Drawn]]", first: str, exact: str) -> dict[str, dict[str, Any]]:
    """Every way's figures.

    Args:
        taken: By way, a picture for each round.
        first: The way that the others are so many times faster than, round by round.
        exact: The way whose pictures count as right.
    """
    import numpy as np

    figures: dict[str, dict[str, Any]] = {}
    for name, drawn in taken.items():
        apart = [each.picture.astype(float) - right.picture for each, right in zip(drawn, taken[exact], strict=True)]
        error = float(np.mean(np.square(apart)))
        figures[name] = {
            "seconds": _spread([each.seconds for each in drawn]),
            "times_faster": _spread(
                [other.seconds / each.seconds for each, other in zip(drawn, taken[first], strict=True)]
            ),
            "largest_difference": int(np.abs(apart).max()),
            "psnr_db": round(10 * float(np.log10(255**2 / error)), 1) if error else None,
            "peak_mb": round(max(each.peak_bytes for each in drawn) / 1e6),
        }
    return figures


def _spread(values: Sequence[float]) -> dict[str, float]:
    spread = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, 3) for name, value in spread.items()}


def _tell(figures: dict[str, Any], out: Path) -> None:
    from rich.table import Table

    machine, console = figures["machine"], results()
    console.print(f"{machine['cpu']}, {figures['threads']} of {machine['cores']} cores; commit {figures['commit']}")
    millions = ", ".join(f"{name} {count / 1e6:.1f} M" for name, count in figures["weights"].items())
    console.print(f"untrained networks of {millions} weights; {figures['size_px']} px, {figures['steps']} steps")
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(f"median (least to most) of {figures['rounds']}")
    for heading in ("a picture, s", "times faster", "differs by up to, of 255", "PSNR, dB", "memory, MB"):
        table.add_column(heading, justify="right")
    for name, way in figures["ways"].items():
        seconds, times = way["seconds"], way["times_faster"]
        table.add_row(
            name,
            f"{seconds['median']:.2f} ({seconds['min']:.2f} to {seconds['max']:.2f})",
            f"{times['median']:.2f} ({times['min']:.2f} to {times['max']:.2f})",
            str(way["largest_difference"]), "" if way["psnr_db"] is None else str(way["psnr_db"]),
            str(way["peak_mb"]),
        )  # fmt: skip
    console.print(table)
    console.print(f"All figures: {out}")
