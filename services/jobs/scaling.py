"""How many dispatchers there are: by how long work waits, as dispatchers pull and Serve sees no requests to them."""

from typing import Any, Final

#: What dispatchers tell Serve about themselves, by `record_autoscaling_stats`.
OLDEST_S: Final = "oldest_s"
RUNNING: Final = "running"


class BacklogPolicy:
    """A policy for Serve's autoscaling. Serve keeps its answers within min_replicas and max_replicas, and follows them
    when they have lasted for `upscale_delay_s` or `downscale_delay_s`.

    Serve copies this module to its controller as it stands here, so it imports nothing of ours.

    Args:
        target_s: One dispatcher more while the oldest item that could begin waits for longer, in seconds.
    """

    def __init__(self, target_s: float) -> None:
        self._target_s = target_s

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        """How many there should be.

        Args:
            context: Serve's `AutoscalingContext`; all dispatchers see the same backlog, some a bit later than others.
        """
        oldest_s, running = _latest(context, OLDEST_S), _latest(context, RUNNING)
        target: int = context.target_num_replicas
        if oldest_s is None or running is None:
            return target, {}
        if oldest_s > self._target_s:
            return target + 1, {}
        # One that has nothing to do takes no work from the others when it goes.
        if oldest_s == 0 and running < target:
            return target - 1, {}
        return target, {}


def _latest(context: Any, name: str) -> float | None:
    """The greatest of what the replicas told last; None while none has told anything."""
    told = [series[-1].value for series in (context.raw_metrics or {}).get(name, {}).values() if series]
    return max(told, default=None)
