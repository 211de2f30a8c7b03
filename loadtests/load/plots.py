"""A run as pictures over its time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtests.load.figures import Ran
from loadtests.load.sample import OK, Sample
from loadtests.load.server_series import Reading

#: Calls are counted in so many stretches of the run.
_BINS: Final = 60
_WIDTH_IN: Final = 11.0
_HEIGHT_IN: Final = 2.7


@dataclass(frozen=True)
class Run:
    """What is drawn: phases, calls, and what the service told of itself."""

    ran: Sequence[Ran]
    samples: Sequence[Sample]
    readings: Sequence[Reading]

    @property
    def length_s(self) -> float:
        """Until the last answer."""
        return max([each.answered_s for each in self.samples] + [each.ended_s for each in self.ran])


def figure_of(run: Run) -> Figure:
    """Throughput, latency, what waits, replicas and errors, over the seconds of the run, one below the other."""
    panels = (_throughput, _latency, _queue, _replicas, _errors)
    figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN * len(panels)), layout="constrained")
    axes: list[Axes] = list(figure.subplots(len(panels), sharex=True))
    for draw, axis in zip(panels, axes, strict=True):
        draw(run, axis)
        for each in run.ran:
            axis.axvspan(each.began_s, each.began_s + each.phase.settle_s, color="0.93", zorder=0)
            axis.axvline(each.began_s, color="0.6", linewidth=0.8, zorder=0)
        axis.set(xlim=(0, run.length_s))
        axis.set_ylim(bottom=0)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    for each in run.ran:
        axes[0].annotate(
            each.phase.name, (each.began_s, 1), xycoords=("data", "axes fraction"), xytext=(3, 3),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    axes[-1].set(xlabel="seconds")
    return figure


def svg_of(figure: Figure) -> str:
    """As text that a page may hold."""
    text = StringIO()
    figure.savefig(text, format="svg", dpi=150)
    return text.getvalue()[text.getvalue().index("<svg") :]


def _throughput(run: Run, axis: Axes) -> None:
    edges = np.linspace(0, run.length_s, _BINS + 1)
    width_s = edges[1]

    def line(at_s: Sequence[float], weights: Sequence[float] | None, **style: Any) -> None:
        counts, _ = np.histogram(at_s, edges, weights=weights)
        axis.stairs(counts / width_s, edges, **style)

    line([each.due_s for each in run.samples], None, label="calls due", color="0.5")
    good = [each for each in run.samples if each.outcome == OK]
    line(
        [each.answered_s for each in good], [each.pictures for each in good], label="pictures", color="tab:green",
        linewidth=1.6,
    )  # fmt: skip
    refused = [each.answered_s for each in run.samples if each.refused]
    if refused:
        line(refused, None, label="refused", color="tab:orange")
    axis.set(ylabel="per second")


def _latency(run: Run, axis: Axes) -> None:
    for kind in sorted({each.kind for each in run.samples}):
        own = [each for each in run.samples if each.kind == kind and each.outcome == OK]
        axis.plot(
            [each.due_s for each in own], [each.took_s for each in own], ".", markersize=4, label=kind, rasterized=True
        )  # fmt: skip
    axis.set(ylabel="seconds from due to answered")


def _queue(run: Run, axis: Axes) -> None:
    starts = np.sort([each.sent_s for each in run.samples])
    ends = np.sort([each.answered_s for each in run.samples])
    at_s = np.linspace(0, run.length_s, 10 * _BINS)
    under_way = np.searchsorted(starts, at_s, "right") - np.searchsorted(ends, at_s, "right")
    axis.plot(at_s, under_way, label="calls under way", color="0.5", linewidth=1)
    _lines(run, axis, "ray_serve_replica_processing_queries", "at {}")
    _lines(run, axis, "ray_serve_deployment_queued_queries", "before {}", linestyle=":")
    waiting = [each for each in run.readings if each.name == "vitrine_job_items" and each.of == "QUEUED"]
    if any(each.value for each in waiting):
        axis.plot(
            [each.at_s for each in waiting],
            [each.value for each in waiting],
            label="items of jobs that wait",
            color="k",
        )
    axis.set(ylabel="at work and waiting")


def _replicas(run: Run, axis: Axes) -> None:
    _lines(run, axis, "ray_serve_deployment_replica_healthy", "{}", drawstyle="steps-post")
    axis.set(ylabel="healthy replicas")


def _errors(run: Run, axis: Axes) -> None:
    edges = np.linspace(0, run.length_s, _BINS + 1)
    wrong = Counter(each.outcome for each in run.samples if each.outcome != OK)
    for outcome, _ in wrong.most_common():
        counts, _edges = np.histogram([each.answered_s for each in run.samples if each.outcome == outcome], edges)
        axis.stairs(counts / edges[1], edges, label=outcome)
    if not wrong:
        axis.text(0.01, 0.8, "none", transform=axis.transAxes)
    axis.set(ylabel="errors per second")


def _lines(run: Run, axis: Axes, name: str, label: str, **style: Any) -> None:
    """One for each deployment that has anything but 0; the first ones are broader, so that equal ones show."""
    own = [each for each in run.readings if each.name == name]
    deployments = sorted({each.of for each in own})
    busy = {each.of for each in own if each.value}
    for number, of in enumerate(deployments):
        if of not in busy:
            continue
        at_s = [each.at_s for each in own if each.of == of]
        axis.plot(
            at_s, [each.value for each in own if each.of == of], label=label.format(of), color=f"C{number}",
            linewidth=1.2 + 0.9 * (len(deployments) - 1 - number), **style,
        )  # fmt: skip
