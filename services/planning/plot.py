"""A plan as a picture."""

from pathlib import Path

from matplotlib.figure import Figure

from services.common.errors import InvalidInput
from services.planning.plan import Plan
from services.planning.tier import STAGES


def save_plot(plan: Plan, file: Path) -> None:
    """Draw the traffic and the replicas of the stages over the hours.

    Args:
        plan: What is drawn.
        file: Its ending names the format: png, svg, pdf.

    Raises:
        InvalidInput: The format is unknown, or the file can't be written.
    """
    figure = Figure(figsize=(10, 6), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    hours = range(len(plan.hourly_per_s))
    above.stairs(plan.hourly_per_s, fill=True, color="0.8")
    for each in plan.sized:
        middle = each.window.hour + 0.5, each.window.per_s
        above.annotate(each.window.name, middle, (0, 3), textcoords="offset points", ha="center")
    above.set(ylabel="shots per second", title=plan.traffic)
    above.margins(y=0.15)
    for stage in STAGES:
        below.stairs([plan.hourly_replicas[hour][stage] for hour in hours], label=stage, linewidth=2, baseline=None)
    below.set(
        xlabel="hour", ylabel="replicas", ylim=(0, None), xlim=(0, len(hours)), xticks=range(0, len(hours) + 1, 3)
    )
    below.legend(frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        figure.savefig(file, dpi=120)
    except ValueError as error:
        raise InvalidInput(f"a plot's file ends in .png, .svg or .pdf, got {file.name!r}", field="plot") from error
    except OSError as error:
        raise InvalidInput(f"the plot {str(file)!r} can't be written: {error.strerror}", field="plot") from error
