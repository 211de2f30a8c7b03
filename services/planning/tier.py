"""One deployment as the simulation sees it: what its replicas hold, work on and take of a machine."""

from dataclasses import dataclass, replace
from typing import Final, Self

from services.common.errors import InvalidInput
from services.common.section import ScalingSettings
from services.common.settings import Settings, StageSettings

GATEWAY: Final = "gateway"
DISPATCHER: Final = "dispatcher"
#: In the order in which a shot walks through them.
STAGES: Final = ("segment", "generate", "postprocess")


@dataclass(frozen=True)
class Tier:
    """A deployment.

    Args:
        name: As in the settings.
        at_once: Requests that a replica works on at once.
        room: Requests that a replica holds at once, those that it works on included.
        queue: Requests that may wait for a replica, all together for each replica of the gateway; None = any number.
        target_ongoing: Requests per replica that autoscaling aims at.
        min_replicas, max_replicas: Autoscaling keeps within.
        cores, gpus: What a replica takes of its machine. A stage takes as many cores as it has compute threads, since
            its times were measured with them, even where it reserves fewer.
        gain: Work that a replica gets done with 1, 2, 3 … requests at once, by what it gets done with one; the last
            holds for more. Who only waits, as the gateway does, has 1, 2, 3 …
    """

    name: str
    at_once: int
    room: int
    queue: int | None
    target_ongoing: float
    min_replicas: int
    max_replicas: int
    cores: float
    gpus: float
    gain: tuple[float, ...]

    def gets_done(self, at_work: int) -> float:
        """Seconds of work, as they are alone, that a replica gets done in a second with so many requests at once."""
        return self.gain[min(at_work, len(self.gain)) - 1] if at_work else 0.0

    @property
    def capacity(self) -> float:
        """The same, at the most."""
        return self.gets_done(self.at_once)

    def with_limits(self, least: int, most: int) -> Self:
        """The same within other limits of autoscaling."""
        return replace(self, min_replicas=least, max_replicas=most)


def tiers_of(settings: Settings, batch_gain: tuple[float, ...] = (1.0,)) -> dict[str, Tier]:
    """The deployments of a service, in the order in which requests meet them.

    Args:
        settings: The whole tree.
        batch_gain: `Tier.gain` of generation, where pictures share steps; (1,) where sharing gains nothing.

    Raises:
        InvalidInput: `batch_gain` does not begin with 1, or falls.
    """
    if batch_gain[:1] != (1.0,) or list(batch_gain) != sorted(batch_gain):
        raise InvalidInput(
            f"a batch's gain begins with 1 and never falls, got {', '.join(f'{each:g}' for each in batch_gain)}",
            field="batch_gain",
        )
    limits, jobs, generate = settings.limits, settings.jobs, settings.generate
    gateway_room = min(limits.max_running + limits.max_waiting, settings.gateway.max_ongoing_requests)
    gain = batch_gain[: generate.diffusion.max_batch] if generate.at_once > 1 else (1.0,)
    return {
        GATEWAY: _tier(GATEWAY, settings.gateway, at_once=limits.max_running, room=gateway_room, queue=0),
        # Dispatchers take items when they have a place for them; the rest waits in the database.
        DISPATCHER: _tier(DISPATCHER, jobs, at_once=jobs.at_once, room=jobs.at_once, queue=None),
        "segment": _stage("segment", settings.segment, settings.segment.at_once),
        "generate": replace(_stage("generate", generate, generate.at_once), gain=gain),
        "postprocess": _stage("postprocess", settings.postprocess, 1),
    }


def _stage(name: str, settings: StageSettings, at_once: int) -> Tier:
    room = settings.max_ongoing_requests
    tier = _tier(name, settings, min(at_once, room), room, settings.max_queued_requests)
    return replace(tier, cores=max(settings.num_cpus, settings.threads), gain=(1.0,))


def _tier(name: str, settings: ScalingSettings, at_once: int, room: int, queue: int | None) -> Tier:
    return Tier(
        name=name,
        at_once=at_once,
        room=room,
        queue=queue,
        gain=tuple(float(number) for number in range(1, at_once + 1)),
        target_ongoing=settings.target_ongoing_requests,
        min_replicas=settings.min_replicas,
        max_replicas=settings.max_replicas,
        cores=settings.num_cpus,
        gpus=settings.num_gpus,
    )
