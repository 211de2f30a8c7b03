"""How many replicas render plates: by megapixels in flight, as Serve counts any canvas as one request and one of
4096 x 4096 takes 43 times the work of one of 512 x 512 (3.0 and 0.07 s of CPU time, medians of 3, AMD EPYC).

Drawings are not scaled by this: a diffusion model draws every canvas at about its checkpoint's own size.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

#: What replicas tell Serve about themselves, by `record_autoscaling_stats`.
MEGAPIXELS: Final = "megapixels"


class PixelsInFlight:
    """What a replica has been given and not yet made."""

    def __init__(self) -> None:
        self._pixels = 0

    @property
    def megapixels(self) -> float:
        """Of all canvases together, those that wait for a thread included."""
        return self._pixels / 1e6

    @contextmanager
    def of(self, size_hw: tuple[int, int]) -> Iterator[None]:
        """One more canvas while the body runs.

        Args:
            size_hw: Its height and width, in pixels.
        """
        area_px = size_hw[0] * size_hw[1]
        self._pixels += area_px
        try:
            yield
        finally:
            self._pixels -= area_px


class PixelsPolicy:
    """A policy for Serve's autoscaling. Serve keeps its answers within min_replicas and max_replicas, follows them when
    they have lasted for `upscale_delay_s` or `downscale_delay_s`, and starts the first replica by itself.

    Serve copies this module to its controller as it stands here, so it imports nothing of ours.

    Args:
        target_megapixels: In flight per replica.
    """

    def __init__(self, target_megapixels: float) -> None:
        self._target_megapixels = target_megapixels

    def __call__(self, context: Any) -> tuple[float, dict[str, Any]]:
        """How many there should be; Serve rounds up.

        What waits in callers' queues has told no size yet and counts as much as what replicas have on average. A canvas
        is rendered by one replica, so there are never more of them than requests.

        Args:
            context: Serve's `AutoscalingContext`, whose numbers are averages over `look_back_period_s`.
        """
        told = (context.aggregated_metrics or {}).get(MEGAPIXELS, {})
        requests, queued = context.total_num_requests, context.total_queued_requests or 0.0
        megapixels, held = sum(told.values()), requests - queued
        each = megapixels / held if megapixels and held > 0 else self._target_megapixels
        return min((megapixels + queued * each) / self._target_megapixels, requests), {}
