"""The run as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from loadtests.jobs.waiting import Wait
from loadtests.jobs.working import Progress


def save_chart(progress: Progress, heavy: str, waits: Sequence[Wait], title: str, file: Path) -> None:
    """Draw how far each tenant was at each time, and how long each single item waited.

    Args:
        progress: Of all tenants.
        heavy: The one with the weight of three.
        waits: Of the single items.
        title: What ran on what.
        file: A PNG file.
    """
    figure = Figure(figsize=(11, 8), layout="constrained")
    above, below = figure.subplots(2, height_ratios=(3, 2))
    tenants = sorted(progress.done[-1])
    for tenant in tenants:
        done = [each.get(tenant, 0) for each in progress.done]
        is_heavy = tenant == heavy
        above.plot(
            progress.at_s, done, color="tab:red" if is_heavy else "tab:blue", alpha=1 if is_heavy else 0.5,
            linewidth=2 if is_heavy else 1,
            label={heavy: "weight 3", tenants[0]: f"{len(tenants) - 1} tenants of weight 1"}.get(tenant),
        )  # fmt: skip
    above.set(xlabel="seconds", ylabel="items done, by tenant", title=title, xlim=(0, None), ylim=(0, None))
    above.legend(frameon=False)
    numbers = range(1, len(waits) + 1)
    below.bar(numbers, [1000 * each.seconds for each in waits], color="tab:blue")
    below.set(
        xlabel="single items, each of a tenant of its own, while another has very many; above each: how many of the "
        "other's began before it",
        ylabel="wait, ms",
        title=f"{waits[0].running} items of the other were at work, as many as there is room for",
    )
    for number, each in zip(numbers, waits, strict=True):
        below.annotate(str(each.begun), (number, 1000 * each.seconds), ha="center", va="bottom", fontsize=7)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=100)
