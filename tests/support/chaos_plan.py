"""What goes wrong during a run, and when: all of it follows from a seed."""

import random
from dataclasses import dataclass

#: Whose replicas are killed.
VICTIMS = ("Dispatcher", "Gateway", "Segment", "Generate", "Postprocess")
#: Of every request to the bucket, how many in a hundred meet what; see `FaultProxy`.
FAULTS = {"error": 3, "refuse": 1, "truncate": 1, "lose answer": 1, "stall": 1}
#: What goes wrong besides: the database is restarted; a dispatcher stands still until its leases are over, and goes on.
RESTART, STALL = "restart of the database", "stall of a dispatcher"


@dataclass(frozen=True)
class Blow:
    """Something that goes wrong once so many items have ended.

    Args:
        after: How many.
        what: A deployment, one replica of which is killed, or one of the others above.
    """

    after: int
    what: str


class ChaosPlan:
    """Kills, restarts and stalls spread over a run, each victim about as often as the others, and faults of the bucket.

    Attributes:
        blows: In the order of their progress.
        chance: For what is drawn on the way.

    Args:
        seed: The same one gives the same plan.
        items: That end in all.
        kills: How many.
        restarts: Of the database.
        stalls: Of dispatchers; useless where there is only one.
    """

    def __init__(self, seed, items, kills, restarts, stalls):
        self.chance = random.Random(seed)  # noqa: S311 - what goes wrong is no secret
        blows = [victim for _ in range(-(-kills // len(VICTIMS))) for victim in self._shuffled(VICTIMS)][:kills]
        for what, count in ((RESTART, restarts), (STALL, stalls)):
            for number in range(count):
                blows.insert((number + 1) * len(blows) // (count + 1), what)
        # None is left for the very end, where nothing would notice.
        last = items * 9 // 10
        self.blows = [Blow(1 + number * last // len(blows), what) for number, what in enumerate(blows)]

    def faults(self, count):
        """What befalls each of so many requests."""
        weights = {"ok": 100 - sum(FAULTS.values()), **FAULTS}
        return self.chance.choices(list(weights), list(weights.values()), k=count)

    def _shuffled(self, names):
        return self.chance.sample(names, len(names))
