"""What replicas run on, and what that costs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from services.common.errors import InvalidInput
from services.planning.tier import Tier


@dataclass(frozen=True)
class MachineKind:
    """A kind of machine.

    Args:
        name: For people.
        cores, gpus: What it has for replicas.
        price_per_hour: In the operator's currency.
    """

    name: str
    cores: float
    gpus: float
    price_per_hour: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """`NAME=CORES:PRICE` or `NAME=CORES:GPUS:PRICE`, such as `cpu=16:0.68`.

        Raises:
            InvalidInput: It is something else.
        """
        name, equals, rest = text.partition("=")
        try:
            cores, *gpus, price = (float(part) for part in rest.split(":"))
            kind = cls(name.strip(), cores, gpus[0] if gpus else 0.0, price)
        except ValueError:
            kind = None
        if not equals or kind is None or len(gpus) > 1 or not kind.name or not kind.possible:
            raise InvalidInput(
                f"a machine is NAME=CORES:PRICE or NAME=CORES:GPUS:PRICE with the price of an hour, got {text[:80]!r}",
                field="machine",
            )
        return kind

    @property
    def possible(self) -> bool:
        """Whether its numbers are those of a machine."""
        numbers = (self.cores, self.gpus, self.price_per_hour)
        return all(math.isfinite(number) and number >= 0 for number in numbers) and self.cores > 0


def kind_for(tier: Tier, kinds: Sequence[MachineKind]) -> MachineKind:
    """The cheapest kind that a replica fits on; one without GPUs for who needs none, if there is one.

    Raises:
        InvalidInput: It fits on none.
    """
    fitting = [kind for kind in kinds if kind.cores >= tier.cores and kind.gpus >= tier.gpus]
    if not fitting:
        raise InvalidInput(
            f"a replica of {tier.name} takes {tier.cores:g} cores and {tier.gpus:g} GPUs, which no machine has",
            field="machine",
        )
    return min(fitting, key=lambda kind: (kind.gpus > 0 and not tier.gpus, kind.price_per_hour))


def machines_for(
    replicas: Mapping[str, int], tiers: Mapping[str, Tier], kinds: Sequence[MachineKind]
) -> dict[str, int]:
    """Machines of each kind that hold the replicas: the largest first, each on the first machine with room.

    Args:
        replicas: By deployment.
        tiers: Those deployments.
        kinds: What there is.
    """
    left: dict[str, list[list[float]]] = {kind.name: [] for kind in kinds}
    for tier in sorted(tiers.values(), key=lambda tier: (tier.gpus, tier.cores), reverse=True):
        kind = kind_for(tier, kinds)
        machines = left[kind.name]
        place = 0
        for _ in range(replicas[tier.name]):
            # All replicas of a deployment are alike: a machine without room for one has none for the next.
            while place < len(machines) and not (machines[place][0] >= tier.cores and machines[place][1] >= tier.gpus):
                place += 1
            if place == len(machines):
                machines.append([kind.cores, kind.gpus])
            machines[place][0] -= tier.cores
            machines[place][1] -= tier.gpus
    return {name: len(machines) for name, machines in left.items()}


def price_per_hour(machines: Mapping[str, int], kinds: Sequence[MachineKind]) -> float:
    """Of so many machines, together."""
    return sum(kind.price_per_hour * machines[kind.name] for kind in kinds)
