"""What a training's log says, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

#: What is worth a curve, where a log has it, with its axis' title.
_DRAWN: Final = {"loss": "loss", "psnr_db": "PSNR on held-out pictures (dB)", "samples_per_s": "samples per second"}
#: Lines of a log that a smooth curve averages over.
_SMOOTH: Final = 20


def draw_curves(logs: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """One row for each log, one panel for each figure in it, over the samples seen.

    Args:
        logs: Lines of each training, see `training.run.read_log`.
        path: Of the PNG.
    """
    figure = Figure(figsize=(5 * len(_DRAWN), 3.4 * len(logs)), layout="constrained")
    panels = figure.subplots(len(logs), len(_DRAWN), squeeze=False)
    for row, (name, lines) in zip(panels, logs.items(), strict=True):
        for panel, (key, title) in zip(row, _DRAWN.items(), strict=True):
            points = np.array([(line["samples"], line[key]) for line in lines if key in line])
            if not len(points):
                panel.set_visible(False)
                continue
            measured = key == "psnr_db"  # on the same pictures each time; the others differ from batch to batch
            panel.plot(points[:, 0], points[:, 1], color="tab:blue" if measured else "0.75", linewidth=0.8)
            if not measured:
                panel.plot(points[:, 0], _smoothed(points[:, 1]), color="tab:blue")
            panel.set(xlabel="samples", ylabel=title, title=name)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's mean with those before it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - _SMOOTH)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts), np.float64)
