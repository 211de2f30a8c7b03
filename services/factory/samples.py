"""What a style does, to be looked at: pictures at growing weights, and the losses of its training."""

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill, shorten
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.generate.diffusion.request import Inpainting, SampleRequest
from services.generate.engine.adapter import Adapter
from services.generate.engine.lora import Worn
from services.generate.pipeline import InpaintPipeline

#: How much of the style each row shows.
WEIGHTS: Final = (0.0, 0.5, 1.0)
#: Of a caption in one of the three lines that a column's head has room for.
_LINE_CHARS: Final = 46
#: Losses that the plot's line is a mean of.
_SMOOTHED: Final = 25


def sample_rows(
    pipeline: InpaintPipeline,
    adapter: Adapter,
    captions: Sequence[str],
    steps: int,
    guidance: float,
    tell: Callable[[], None] = lambda: None,
    check: Callable[[], None] = lambda: None,
) -> list[list[NDArray[np.uint8]]]:
    """Pictures of each caption with the same seed, a row for each of `WEIGHTS`.

    Args:
        pipeline: Of the checkpoint.
        adapter: The style.
        captions: One for each column.
        steps: Of the denoising.
        guidance: Weight of the caption.
        tell: Called after each picture.
        check: Asked before each step of the denoising; what it raises ends the work.
    """
    side = pipeline.buckets.native_px
    grey = np.full((side, side, 3), 127, np.uint8)
    pictures = Inpainting.plain(grey, np.ones((side, side), np.bool_))
    rows = []
    for weight in WEIGHTS:
        worn = (Worn(adapter, weight),) if weight else ()
        row = []
        for seed, caption in enumerate(captions):
            request = SampleRequest(pictures, caption, seed=seed, steps=steps, guidance=guidance, styles=worn)
            sample = pipeline.prepare(request)
            while not sample.done:
                check()
                pipeline.step([sample])
            row.append(pipeline.decode([sample])[0])
            tell()
        rows.append(row)
    return rows


def save_samples(rows: Sequence[Sequence[NDArray[np.uint8]]], captions: Sequence[str], file: Path) -> None:
    """Draw the rows under each other, with their weights and captions."""
    figure = Figure(figsize=(2.2 * len(captions), 2.2 * len(rows)), layout="constrained")
    places = figure.subplots(len(rows), len(captions), squeeze=False)
    for row, weight, line in zip(rows, WEIGHTS, places, strict=True):
        for picture, caption, place in zip(row, captions, line, strict=True):
            place.imshow(picture)
            place.set(xticks=[], yticks=[])
            if weight == WEIGHTS[0]:
                # Callers write captions, and a plot would read what stands between two dollar signs as a formula.
                place.set_title(fill(shorten(caption, 3 * _LINE_CHARS), _LINE_CHARS), fontsize=6, parse_math=False)
        line[0].set_ylabel(f"weight {weight:g}")
    figure.savefig(file, dpi=120)


def save_losses(losses: Sequence[float], file: Path) -> None:
    """Draw the loss of each step and its running mean."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses, color="0.8", linewidth=1)
    kernel = min(_SMOOTHED, len(losses))
    smooth = np.convolve(losses, np.ones(kernel) / kernel, mode="valid")
    axes.plot(range(kernel, len(losses) + 1), smooth, linewidth=2, label=f"mean of {kernel}")
    axes.set(xlabel="step", ylabel="loss")
    axes.legend(frameon=False)
    figure.savefig(file, dpi=120)
