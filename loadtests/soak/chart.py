"""A soak as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from loadtests.soak.samples import Sample


def save_chart(samples: Sequence[Sample], warm_up_s: float, title: str, file: Path) -> None:
    """Draw memory and descriptors by deployment, blobs and the object store over time.

    Args:
        samples: In their order.
        warm_up_s: Shaded, as nothing is judged by it.
        title: What ran on what.
        file: A PNG file.
    """
    figure = Figure(figsize=(11, 9), layout="constrained")
    figure.suptitle(title)
    memory, descriptors, blobs, store = axes = list(figure.subplots(2, 2).flat)
    minutes = [each.at_s / 60 for each in samples]
    for deployment in samples[0].replicas:
        memory.plot(minutes, [each.of(deployment).pss_mb for each in samples], label=deployment)
        descriptors.plot(minutes, [each.of(deployment).descriptors for each in samples], label=deployment)
    memory.set(ylabel="memory (PSS), MB")
    descriptors.set(ylabel="descriptors")
    descriptors.legend(frameon=False, loc="lower right")
    blobs.plot(minutes, [each.blobs for each in samples])
    blobs.set(ylabel="blobs; results are swept after five minutes")
    store.plot(minutes, [each.object_store_mb for each in samples])
    store.set(ylabel="object store in use, MB")
    for axis in axes:
        axis.axvspan(0, warm_up_s / 60, color="0.92")
        axis.set(xlabel="minutes", xlim=(0, None), ylim=(0, None))
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=100)
