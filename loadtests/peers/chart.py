"""A run as pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtests.peers.callers import CUTOUT, OK, SHOT
from loadtests.peers.load import GAVE_UP
from loadtests.peers.report import calls
from loadtests.peers.visit import AT_RATE, OVERLOADED, Visit

_NAMES: Final = {"a": "script", "b": "FastAPI", "c": "LitServe", "d": "plain classes", "e": "Vitrine"}
_COLORS: Final = {"a": "0.6", "b": "tab:orange", "c": "tab:green", "d": "tab:cyan", "e": "tab:blue"}


def save_charts(visits: Sequence[Visit], figures: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what was measured.

    Args:
        visits: All.
        figures: As `run` writes them.
        folder: For PNG files.

    Returns:
        The files.
    """
    of = {letter: [each for each in visits if each.letter == letter] for letter in figures["peers"]}
    return [_side_by_side(of, figures, folder / "side_by_side.png"), _overload(of, folder / "overload.png")]


def _side_by_side(of: Mapping[str, Sequence[Visit]], figures: Mapping[str, Any], file: Path) -> Path:
    figure = Figure(figsize=(11, 8), layout="constrained")
    machine = figures["machine"]
    figure.suptitle(f"{machine['cpu']}, {machine['cores']} cores; load {machine['load_1min']} before")
    rates, waits, memory, starts = list(figure.subplots(2, 2).flat)
    peers = figures["peers"]
    _throughput(rates, peers)
    for letter in peers:
        took_s = sorted(each.took_s for each in calls(of[letter], AT_RATE, SHOT) if each.outcome == OK)
        if took_s:
            shares = np.arange(1, len(took_s) + 1) / len(took_s)
            waits.step(took_s, shares, where="post", label=_NAMES[letter], color=_COLORS[letter])
    waits.axhline(0.95, color="0.8", zorder=0)
    waits.set(
        xlabel=f"seconds, from when a shot was due, at {figures['rate_per_s'][SHOT]:.2f} a second",
        ylabel="share answered by then", xlim=(0, None), ylim=(0, 1.01),
    )  # fmt: skip
    waits.legend(frameon=False, loc="lower right")
    names = [_NAMES[letter] for letter in peers]
    colors = [_COLORS[letter] for letter in peers]
    memory.bar(names, [found["rest_mb"] / 1000 for found in peers.values()], color=colors)
    memory.set(ylabel="memory (PSS) at rest, GB")
    for letter, found in peers.items():
        starts.bar(_NAMES[letter], np.median(found["first_answer_s"]), color=_COLORS[letter])
    starts.set(ylabel="seconds from start to the first cutout")
    figure.savefig(file, dpi=90)
    return file


def _throughput(axis: Axes, peers: Mapping[str, Any]) -> None:
    places = np.arange(len(peers))
    for shift, (kind, alpha) in enumerate(((CUTOUT, 1.0), (SHOT, 0.55))):
        for place, (letter, found) in zip(places + 0.4 * shift - 0.2, peers.items(), strict=True):
            rounds = [each for each in found["throughput_rounds_per_s"][kind] if each is not None]
            axis.bar(place, np.median(rounds) if rounds else 0, 0.38, color=_COLORS[letter], alpha=alpha)
            axis.plot([place] * len(rounds), rounds, ".", color="0.2", markersize=4)
    axis.set_xticks(places, [_NAMES[letter] for letter in peers])
    axis.set(ylabel="pictures a second at saturation\ncutouts, and paler shots; dots: rounds")


def _overload(of: Mapping[str, Sequence[Visit]], file: Path) -> Path:
    flooded = {
        letter: visit.stretches[OVERLOADED, SHOT]
        for letter, visits in of.items()
        for visit in visits
        if (OVERLOADED, SHOT) in visit.stretches
    }
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    figure.suptitle("four times as many shots as can be made: how long each caller waited, by when it came")
    axes = np.atleast_1d(figure.subplots(1, max(1, len(flooded)), sharey=True))
    for axis, (letter, stretch) in zip(axes, flooded.items(), strict=False):
        for color, label, chosen in (
            ("tab:blue", "picture", lambda outcome: outcome == OK),
            ("tab:red", "gave up", lambda outcome: outcome == GAVE_UP),
            ("tab:orange", "refused", lambda outcome: outcome not in (OK, GAVE_UP)),
        ):
            own = [each for each in stretch.calls if chosen(each.outcome)]
            due_s = [each.due_s - stretch.began_s for each in own]
            axis.plot(due_s, [each.took_s for each in own], ".", color=color, label=label)
        axis.set(title=_NAMES[letter], xlabel="came at, seconds", ylim=(0, None))
    axes[0].set_ylabel("waited, seconds")
    axes[-1].legend(frameon=False)
    figure.savefig(file, dpi=90)
    return file
